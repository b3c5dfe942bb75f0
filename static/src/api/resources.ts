/** Every HTTP resource the pages use, by noun, with the protocol's types. */
import type {
  AdminUser,
  Availability,
  AvailabilityPayload,
  AvatarPayload,
  BookingPage,
  CancellationPayload,
  Consultation,
  ConsultationPayload,
  Desk,
  Facets,
  FollowPage,
  FollowState,
  LimitsPayload,
  LimitsView,
  LiveConsultation,
  LoggedIn,
  LoginPayload,
  LoginView,
  Message,
  NotificationPage,
  NotificationPreferences,
  OwnQueue,
  OwnReader,
  PasswordChangePayload,
  PasswordResetConfirmPayload,
  PasswordResetPayload,
  PreferencePayload,
  PreferencesPayload,
  ProfilePatch,
  PushEndpointPayload,
  PushKey,
  PushSubscriptionPayload,
  PushSubscriptionView,
  ReaderCard,
  ReaderPatch,
  ReaderProfile,
  ReaderQueue,
  ReaderTimes,
  ReadPayload,
  ReadState,
  ReasonPayload,
  RecordingList,
  RegisterPayload,
  Review,
  ReviewPayload,
  ReviewView,
  Site,
  Statement,
  TestConfirmationPayload,
  TopUp,
  TopUpPayload,
  TransferView,
  UploadView,
  User,
  VerifyEmailPayload,
  Wallet,
} from "../protocol";
import type { ApiClient, Page } from "./client";
import { livestreamResources } from "./livestream_resources";
import { studioResources } from "./studio_resources";

export interface ReaderFilters {
  followed?: boolean | undefined;
  q?: string | undefined;
  status?: string | undefined;
  specialty?: string | undefined;
  language?: string | undefined;
  type?: string | undefined;
  max_rate_minor?: number | undefined;
  sort?: string | undefined;
}

export function createResources(api: ApiClient) {
  return {
    site: () => api.get<Site>("/site", { isPublic: true }),
    ...loginResources(api),
    ...accountResources(api),
    ...uploadResources(api),
    ...readerResources(api),
    ...notificationResources(api),
    ...deskResources(api),
    ...walletResources(api),
    ...consultationResources(api),
    ...adminResources(api),
    ...livestreamResources(api),
    ...studioResources(api),
  };
}

export type Resources = ReturnType<typeof createResources>;

/** Getting in, and proving an address. */
function loginResources(api: ApiClient) {
  return {
    login: (body: LoginPayload) => api.post<LoggedIn>("/auth/login", body),
    register: (body: RegisterPayload) => api.post<LoggedIn>("/auth/register", body),
    logout: () => api.post<void>("/auth/logout"),
    verifyEmail: (token: string) => api.post<void>("/auth/verify-email", { token } satisfies VerifyEmailPayload),
    resendVerification: () => api.post<void>("/auth/verify-email/resend"),
    requestPasswordReset: (email: string) =>
      api.post<void>("/auth/password-reset", { email } satisfies PasswordResetPayload),
    confirmPasswordReset: (token: string, newPassword: string) =>
      api.post<void>("/auth/password-reset/confirm", {
        token,
        new_password: newPassword,
      } satisfies PasswordResetConfirmPayload),
  };
}

/** The own account. */
function accountResources(api: ApiClient) {
  return {
    me: () => api.get<User>("/me"),
    changeMe: (body: ProfilePatch) => api.patch<User>("/me", body),
    changePassword: (body: PasswordChangePayload) => api.post<void>("/me/password", body),
    setAvatar: (uploadId: string) => api.post<User>("/me/avatar", { upload_id: uploadId } satisfies AvatarPayload),
    listLogins: () => api.get<Page<LoginView>>("/me/logins"),
    revokeLogin: (id: string) => api.delete(`/me/logins/${id}`),
    liveConsultation: () => api.get<LiveConsultation>("/me/live-consultation"),
  };
}

/** Pictures. */
function uploadResources(api: ApiClient) {
  return {
    upload: (file: Blob, name: string) => {
      const form = new FormData();
      form.append("file", file, name);
      return api.post<UploadView>("/uploads", undefined, { form });
    },
    /** `url` as the server gave it, which is below the API's base. */
    uploadedFile: (url: string) => api.download(url.replace(/^\/api\/v1/, "")),
  };
}

/** The public directory. */
function readerResources(api: ApiClient) {
  return {
    listReaders: (filters: ReaderFilters, cursor: string | null) =>
      api.get<Page<ReaderCard>>("/readers", { query: { ...filters, cursor, limit: 24 }, isPublic: true }),
    readerFacets: () => api.get<Facets>("/readers/facets", { isPublic: true }),
    reader: (id: string) => api.get<ReaderProfile>(`/readers/${id}`, { isPublic: true }),
    listReviews: (id: string, cursor: string | null) =>
      api.get<Page<Review>>(`/readers/${id}/reviews`, { query: { cursor, limit: 10 }, isPublic: true }),
    readerTimes: (id: string, query: { type: string; minutes: number; from?: string | undefined; days: number }) =>
      api.get<ReaderTimes>(`/readers/${id}/times`, { query, isPublic: true }),
    availability: (id: string) => api.get<Availability>(`/readers/${id}/availability`, { isPublic: true }),
  };
}

/** Whom one follows, and what one is told. */
function notificationResources(api: ApiClient) {
  return {
    follow: (readerId: string) => api.put<FollowState>(`/readers/${readerId}/follow`),
    unfollow: (readerId: string) => api.delete<FollowState>(`/readers/${readerId}/follow`),
    listFollows: (cursor: string | null) => api.get<FollowPage>("/me/follows", { query: { cursor } }),
    listNotifications: (cursor: string | null) =>
      api.get<NotificationPage>("/me/notifications", { query: { cursor, limit: 30 } }),
    readNotifications: (upToId: string) =>
      api.post<ReadState>("/me/notifications/read", { up_to_id: upToId } satisfies ReadPayload),
    notificationPreferences: () => api.get<NotificationPreferences>("/me/notification-preferences"),
    setNotificationPreferences: (items: PreferencePayload[]) =>
      api.put<NotificationPreferences>("/me/notification-preferences", { items } satisfies PreferencesPayload),
    pushKey: () => api.get<PushKey>("/push-key", { isPublic: true }),
    subscribeToPush: (body: PushSubscriptionPayload) => api.post<PushSubscriptionView>("/me/push-subscriptions", body),
    unsubscribeFromPush: (endpoint: string) =>
      api.delete("/me/push-subscriptions", { endpoint } satisfies PushEndpointPayload),
  };
}

/** The reader's own side. */
function deskResources(api: ApiClient) {
  return {
    ownReader: () => api.get<OwnReader>("/me/reader"),
    changeOwnReader: (body: ReaderPatch) => api.patch<OwnReader>("/me/reader", body),
    setAvailability: (body: AvailabilityPayload) => api.put<Availability>("/me/availability", body),
    desk: () => api.get<Desk>("/me/desk"),
    readerQueue: () => api.get<ReaderQueue>("/me/reader/queue"),
  };
}

/** Money. */
function walletResources(api: ApiClient) {
  return {
    wallet: () => api.get<Wallet>("/wallet"),
    listTransfers: (cursor: string | null) =>
      api.get<Page<TransferView>>("/wallet/transfers", { query: { cursor, limit: 50 } }),
    topUp: (body: TopUpPayload, idempotencyKey: string) => api.post<TopUp>("/wallet/top-ups", body, { idempotencyKey }),
    findTopUp: (id: string) => api.get<TopUp>(`/wallet/top-ups/${id}`),
    answerForBank: (id: string, body: TestConfirmationPayload) =>
      api.post<TopUp>(`/wallet/top-ups/${id}/test-confirmation`, body),
    limits: () => api.get<LimitsView>("/me/limits"),
    setLimits: (body: LimitsPayload) => api.put<LimitsView>("/me/limits", body),
  };
}

/** Consultations, live and past. */
function consultationResources(api: ApiClient) {
  return {
    listConsultations: (query: { status?: readonly string[] }, cursor: string | null) =>
      api.get<Page<Consultation>>("/consultations", { query: { ...query, cursor, limit: 30 } }),
    /** The next one first; more than a page of them nobody looks at. */
    listBookings: () => api.get<BookingPage>("/me/bookings", { query: { limit: 100 } }),
    book: (body: ConsultationPayload, idempotencyKey: string) =>
      api.post<Consultation>("/consultations", body, { idempotencyKey }),
    cancelBooking: (id: string, body: CancellationPayload) =>
      api.post<Consultation>(`/consultations/${id}/cancel`, body),
    calendarFile: (id: string) => api.download(`/consultations/${id}/calendar`),
    ownQueue: () => api.get<OwnQueue>("/queue"),
    consultation: (id: string) => api.get<Consultation>(`/consultations/${id}`),
    listMessages: (id: string, afterSeq: number) =>
      api.get<Page<Message>>(`/consultations/${id}/messages`, { query: { after_seq: afterSeq, limit: 200 } }),
    recordings: (id: string) => api.get<RecordingList>(`/consultations/${id}/recordings`),
    statement: (id: string) => api.get<Statement>(`/consultations/${id}/statement`),
    transcript: (id: string, format: "txt" | "json") =>
      api.download(`/consultations/${id}/transcript`, { query: { format } }),
    review: (id: string, body: ReviewPayload) => api.post<ReviewView>(`/consultations/${id}/review`, body),
  };
}

/** The back office. */
function adminResources(api: ApiClient) {
  return {
    listUnverifiedReaders: () =>
      api.get<Page<AdminUser>>("/admin/users", { query: { role: "reader", verified: false, limit: 50 } }),
    verifyReader: (id: string) => api.post<void>(`/admin/readers/${id}/verify`),
    rejectReader: (id: string, reason: string) =>
      api.post<void>(`/admin/readers/${id}/reject`, { reason } satisfies ReasonPayload),
  };
}
