/** Every HTTP resource the pages use, by noun, with the protocol's types. */
import type {
  AdminUser,
  Availability,
  AvailabilityPayload,
  Consultation,
  Desk,
  Facets,
  LimitsView,
  LoggedIn,
  LoginView,
  Message,
  OwnReader,
  ReaderCard,
  ReaderPatch,
  ReaderProfile,
  Review,
  Site,
  Statement,
  TopUp,
  TransferView,
  User,
  Wallet,
} from "../protocol";
import type { ApiClient, Page } from "./client";

export interface ReaderFilters {
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

    login: (body: { email: string; password: string; totp_code?: string }) => api.post<LoggedIn>("/auth/login", body),
    register: (body: { email: string; password: string; display_name: string; role: "client" | "reader" }) =>
      api.post<LoggedIn>("/auth/register", body),
    logout: () => api.post<void>("/auth/logout"),
    verifyEmail: (token: string) => api.post<void>("/auth/verify-email", { token }),
    resendVerification: () => api.post<void>("/auth/verify-email/resend"),
    requestPasswordReset: (email: string) => api.post<void>("/auth/password-reset", { email }),
    confirmPasswordReset: (token: string, newPassword: string) =>
      api.post<void>("/auth/password-reset/confirm", { token, new_password: newPassword }),

    me: () => api.get<User>("/me"),
    changeMe: (body: { display_name?: string }) => api.patch<User>("/me", body),
    changePassword: (body: { current_password: string; new_password: string }) => api.post<void>("/me/password", body),
    setAvatar: (uploadId: string) => api.post<User>("/me/avatar", { upload_id: uploadId }),
    listLogins: () => api.get<Page<LoginView>>("/me/logins"),
    revokeLogin: (id: string) => api.delete(`/me/logins/${id}`),
    liveConsultation: () => api.get<{ consultation: Consultation | null }>("/me/live-consultation"),

    upload: (file: Blob, name: string) => {
      const form = new FormData();
      form.append("file", file, name);
      return api.post<{ id: string; url: string }>("/uploads", undefined, { form });
    },

    /** `url` as the server gave it, which is below the API's base. */
    uploadedFile: (url: string) => api.download(url.replace(/^\/api\/v1/, "")),

    listReaders: (filters: ReaderFilters, cursor: string | null) =>
      api.get<Page<ReaderCard>>("/readers", { query: { ...filters, cursor, limit: 24 }, isPublic: true }),
    readerFacets: () => api.get<Facets>("/readers/facets", { isPublic: true }),
    reader: (id: string) => api.get<ReaderProfile>(`/readers/${id}`, { isPublic: true }),
    listReviews: (id: string, cursor: string | null) =>
      api.get<Page<Review>>(`/readers/${id}/reviews`, { query: { cursor, limit: 10 }, isPublic: true }),
    availability: (id: string) => api.get<Availability>(`/readers/${id}/availability`, { isPublic: true }),

    ownReader: () => api.get<OwnReader>("/me/reader"),
    changeOwnReader: (body: ReaderPatch) => api.patch<OwnReader>("/me/reader", body),
    setAvailability: (body: AvailabilityPayload) => api.put<Availability>("/me/availability", body),
    desk: () => api.get<Desk>("/me/desk"),

    wallet: () => api.get<Wallet>("/wallet"),
    listTransfers: (cursor: string | null) =>
      api.get<Page<TransferView>>("/wallet/transfers", { query: { cursor, limit: 50 } }),
    topUp: (body: { amount_minor: number; payment_method?: string }, idempotencyKey: string) =>
      api.post<TopUp>("/wallet/top-ups", body, { idempotencyKey }),
    findTopUp: (id: string) => api.get<TopUp>(`/wallet/top-ups/${id}`),

    limits: () => api.get<LimitsView>("/me/limits"),
    setLimits: (body: LimitsView) => api.put<LimitsView>("/me/limits", body),

    listConsultations: (query: { status?: readonly string[] }, cursor: string | null) =>
      api.get<Page<Consultation>>("/consultations", { query: { ...query, cursor, limit: 30 } }),
    consultation: (id: string) => api.get<Consultation>(`/consultations/${id}`),
    listMessages: (id: string, afterSeq: number) =>
      api.get<Page<Message>>(`/consultations/${id}/messages`, { query: { after_seq: afterSeq, limit: 200 } }),
    statement: (id: string) => api.get<Statement>(`/consultations/${id}/statement`),
    transcript: (id: string, format: "txt" | "json") =>
      api.download(`/consultations/${id}/transcript`, { query: { format } }),
    review: (id: string, body: { rating: number; comment?: string }) =>
      api.post<Review>(`/consultations/${id}/review`, body),

    listUnverifiedReaders: () =>
      api.get<Page<AdminUser>>("/admin/users", { query: { role: "reader", verified: false, limit: 50 } }),
    verifyReader: (id: string) => api.post<void>(`/admin/readers/${id}/verify`),
    rejectReader: (id: string, reason: string) => api.post<void>(`/admin/readers/${id}/reject`, { reason }),
  };
}

export type Resources = ReturnType<typeof createResources>;
