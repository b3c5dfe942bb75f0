/* Generated from schema.json by `npm run types`. Change the server's models, not this file. */

export type ErrorCode = ("account.not_an_admin" | "account.username_taken" | "auth.email_taken" | "auth.expired" | "auth.forbidden" | "auth.invalid_credentials" | "auth.locked" | "auth.refresh_invalid" | "auth.refresh_reused" | "auth.revoked" | "auth.suspended" | "auth.token_invalid" | "auth.unauthenticated" | "client.busy" | "client.time_taken" | "client.too_many_bookings" | "command.unknown" | "consultation.clock_stopped" | "consultation.mode_not_available" | "consultation.no_media" | "consultation.not_ended" | "consultation.not_in_progress" | "consultation.not_joined" | "consultation.not_requested" | "consultation.not_scheduled" | "consultation.rate_not_agreed" | "consultation.refund_too_large" | "consultation.too_early" | "consultation.unpaid" | "follow.oneself" | "follow.too_many" | "gift.kind_unknown" | "gift.name_taken" | "gift.price_changed" | "gift.refunded" | "gift.too_many_kinds" | "idempotency.in_progress" | "idempotency.key_missing" | "idempotency.key_reused" | "internal" | "limit.connections" | "limit.payload_too_large" | "limit.rate" | "livestream.already_live" | "livestream.banned" | "livestream.ended" | "livestream.followers_only" | "livestream.full" | "livestream.media_gone" | "livestream.muted" | "livestream.not_joined" | "livestream.not_live" | "livestream.not_recorded" | "livestream.not_scheduled" | "livestream.recording_under_way" | "livestream.slow_mode" | "livestream.taken_over" | "livestream.too_many" | "livestream.too_many_moderators" | "livestream.unavailable" | "nonce.reused" | "payment.authentication_required" | "payment.declined" | "payment.method_unknown" | "payment.provider_unavailable" | "payment.refused" | "payment.timed_out" | "payment.unknown" | "push.subscription_taken" | "queue.full" | "queue.reader_free" | "queue.too_many_lines" | "reader.busy" | "reader.offline" | "reader.time_not_offered" | "reader.time_taken" | "reader.type_not_offered" | "reader.unverified" | "recording.disabled" | "recording.expired" | "recording.full" | "recording.not_agreed" | "recording.not_asked" | "recording.unavailable" | "recording.under_way" | "request.invalid" | "request.malformed" | "request.method_not_allowed" | "request.range_not_satisfiable" | "request.timed_out" | "request.unsupported_media_type" | "resource.not_found" | "review.exists" | "server.dependency_unavailable" | "server.overloaded" | "server.restarting" | "settings.too_many" | "state.conflict" | "top_up.not_paid" | "top_up.not_waiting" | "top_up.refund_too_large" | "upload.not_an_image" | "upload.too_many_pixels" | "user.own_status" | "wallet.balance_too_low" | "wallet.spending_limit_reached" | "webhook.signature_invalid")

export interface Protocol {
AdminEntry: AdminEntry
AdminGiftKind: AdminGiftKind
AdminGiftKindPage: AdminGiftKindPage
AdminLedgerAccount: AdminLedgerAccount
AdminReaderPart: AdminReaderPart
AdminReference: AdminReference
AdminReview: AdminReview
AdminReviewPage: AdminReviewPage
AdminTransfer: AdminTransfer
AdminTransferPage: AdminTransferPage
AdminUser: AdminUser
AdminUserDetail: AdminUserDetail
AdminUserPage: AdminUserPage
AnswerConsultation: AnswerConsultation
AnswerDescription: AnswerDescription
AnswerLivestream: AnswerLivestream
AnsweredOffer: AnsweredOffer
AuditEntry: AuditEntry
AuditPage: AuditPage
AuditQuery: AuditQuery
Availability: Availability
AvailabilityPayload: AvailabilityPayload
AvatarPayload: AvatarPayload
BookingPage: BookingPage
CancellationPayload: CancellationPayload
ChangeMode: ChangeMode
ConnectRecording: ConnectRecording
ConnectionClosingEvent: ConnectionClosingEvent
ConsultationBalanceExhaustedEvent: ConsultationBalanceExhaustedEvent
ConsultationBalanceLowEvent: ConsultationBalanceLowEvent
ConsultationBookingNearEvent: ConsultationBookingNearEvent
ConsultationChargedEvent: ConsultationChargedEvent
ConsultationData: ConsultationData
ConsultationJoined: ConsultationJoined
ConsultationPage: ConsultationPage
ConsultationPayload: ConsultationPayload
ConsultationReference: ConsultationReference
ConsultationReviewView: ConsultationReviewView
ConsultationStateEvent: ConsultationStateEvent
ConsultationView: ConsultationView
ConsultationsOfAllQuery: ConsultationsOfAllQuery
ConsultationsQuery: ConsultationsQuery
DeleteLivestreamMessage: DeleteLivestreamMessage
Desk: Desk
DirectoryQuery: DirectoryQuery
EarningsChangedEvent: EarningsChangedEvent
EarningsView: EarningsView
ErrorCode: ErrorCode
FacetView: FacetView
Facets: Facets
FieldProblem: FieldProblem
FileQuery: FileQuery
FollowPage: FollowPage
FollowState: FollowState
FollowedReader: FollowedReader
FrozenRate: FrozenRate
FrozenRates: FrozenRates
GiftData: GiftData
GiftGoal: GiftGoal
GiftGoalView: GiftGoalView
GiftKindPage: GiftKindPage
GiftKindPatch: GiftKindPatch
GiftKindPayload: GiftKindPayload
GiftKindView: GiftKindView
GiftReceiptView: GiftReceiptView
GiftRefundPayload: GiftRefundPayload
GiftSentEvent: GiftSentEvent
GiftView: GiftView
IceCandidate: IceCandidate
IceServerView: IceServerView
JoinConsultation: JoinConsultation
JoinLivestream: JoinLivestream
JoinQueue: JoinQueue
LeaveQueue: LeaveQueue
LedgerCheck: LedgerCheck
LedgerDifference: LedgerDifference
LimitsPayload: LimitsPayload
LimitsView: LimitsView
ListedRecordingView: ListedRecordingView
ListedSanctionView: ListedSanctionView
LiveConsultation: LiveConsultation
LivestreamAnswer: LivestreamAnswer
LivestreamAnswered: LivestreamAnswered
LivestreamData: LivestreamData
LivestreamDraft: LivestreamDraft
LivestreamEarningsView: LivestreamEarningsView
LivestreamJoined: LivestreamJoined
LivestreamLeft: LivestreamLeft
LivestreamMessageData: LivestreamMessageData
LivestreamMessageDeleted: LivestreamMessageDeleted
LivestreamMessageDeletedEvent: LivestreamMessageDeletedEvent
LivestreamMessagePage: LivestreamMessagePage
LivestreamMessageView: LivestreamMessageView
LivestreamModeratorSetEvent: LivestreamModeratorSetEvent
LivestreamOffer: LivestreamOffer
LivestreamPage: LivestreamPage
LivestreamPatch: LivestreamPatch
LivestreamRecordingView: LivestreamRecordingView
LivestreamReference: LivestreamReference
LivestreamSaidEvent: LivestreamSaidEvent
LivestreamSanctionedEvent: LivestreamSanctionedEvent
LivestreamStarted: LivestreamStarted
LivestreamStateEvent: LivestreamStateEvent
LivestreamTakenOverEvent: LivestreamTakenOverEvent
LivestreamView: LivestreamView
LivestreamViewersChangedEvent: LivestreamViewersChangedEvent
LivestreamsQuery: LivestreamsQuery
LivestreamsWatched: LivestreamsWatched
LoggedIn: LoggedIn
LoginPage: LoginPage
LoginPayload: LoginPayload
LoginView: LoginView
MediaData: MediaData
MediaStats: MediaStats
MessageData: MessageData
MessagePage: MessagePage
MessageReadEvent: MessageReadEvent
MessageSentEvent: MessageSentEvent
MessageView: MessageView
MessagesQuery: MessagesQuery
ModeratorData: ModeratorData
ModeratorList: ModeratorList
NamedPerson: NamedPerson
NewestLivestreamPage: NewestLivestreamPage
NotificationCreatedEvent: NotificationCreatedEvent
NotificationPage: NotificationPage
NotificationPreference: NotificationPreference
NotificationPreferences: NotificationPreferences
NotificationView: NotificationView
NotificationsReadEvent: NotificationsReadEvent
NotifiedLivestream: NotifiedLivestream
NotifiedTurn: NotifiedTurn
OffQuery: OffQuery
OfferDescription: OfferDescription
OfferedMedia: OfferedMedia
OutboxLetter: OutboxLetter
OutboxPage: OutboxPage
OutboxQuery: OutboxQuery
Overview: Overview
OwnQueue: OwnQueue
OwnReader: OwnReader
PageQuery: PageQuery
ParticipantView: ParticipantView
PasswordChangePayload: PasswordChangePayload
PasswordResetConfirmPayload: PasswordResetConfirmPayload
PasswordResetPayload: PasswordResetPayload
PlayableFileView: PlayableFileView
PreferencePayload: PreferencePayload
PreferencesPayload: PreferencesPayload
ProblemDetails: ProblemDetails
ProfilePatch: ProfilePatch
PublicReview: PublicReview
PublicReviewPage: PublicReviewPage
PublishRecording: PublishRecording
PushEndpointPayload: PushEndpointPayload
PushKey: PushKey
PushKeys: PushKeys
PushSubscriptionPayload: PushSubscriptionPayload
PushSubscriptionView: PushSubscriptionView
QueueChangedEvent: QueueChangedEvent
QueueEntryData: QueueEntryData
QueueEntryView: QueueEntryView
QueueLeft: QueueLeft
QueueLineChangedEvent: QueueLineChangedEvent
QueuePlaceView: QueuePlaceView
Rate: Rate
RatePayload: RatePayload
Rates: Rates
RatesPatch: RatesPatch
ReadData: ReadData
ReadMessages: ReadMessages
ReadPayload: ReadPayload
ReadState: ReadState
ReaderCard: ReaderCard
ReaderPage: ReaderPage
ReaderPatch: ReaderPatch
ReaderProfile: ReaderProfile
ReaderQueue: ReaderQueue
ReaderStatusChangedEvent: ReaderStatusChangedEvent
ReaderTimes: ReaderTimes
ReasonPayload: ReasonPayload
RecordingConnected: RecordingConnected
RecordingFileView: RecordingFileView
RecordingList: RecordingList
RecordingView: RecordingView
ReferenceView: ReferenceView
RefundPayload: RefundPayload
RegisterPayload: RegisterPayload
RenewedIceServers: RenewedIceServers
ReplayFileView: ReplayFileView
ReplayView: ReplayView
ReportMedia: ReportMedia
RequestConsultation: RequestConsultation
ReviewModeration: ReviewModeration
ReviewPatch: ReviewPatch
ReviewPayload: ReviewPayload
ReviewView: ReviewView
Reviewer: Reviewer
ReviewsQuery: ReviewsQuery
SanctionData: SanctionData
SanctionPage: SanctionPage
SanctionView: SanctionView
SanctionViewer: SanctionViewer
SayInLivestream: SayInLivestream
SecurityEventPage: SecurityEventPage
SecurityEventView: SecurityEventView
SecurityEventsQuery: SecurityEventsQuery
SendGift: SendGift
SendMessage: SendMessage
SendSignal: SendSignal
SessionDescription: SessionDescription
SetChat: SetChat
SetModerator: SetModerator
SetStatus: SetStatus
SetTyping: SetTyping
SettingPage: SettingPage
SettingPayload: SettingPayload
SettingView: SettingView
SignalData: SignalData
SignalReceivedEvent: SignalReceivedEvent
Site: Site
SiteBilling: SiteBilling
SitePayments: SitePayments
SiteQueue: SiteQueue
SiteRecording: SiteRecording
SiteWallet: SiteWallet
SpanView: SpanView
SpeakerView: SpeakerView
StandingView: StandingView
StartLivestream: StartLivestream
Statement: Statement
StatementGiftView: StatementGiftView
StatementLineView: StatementLineView
StatusData: StatusData
TestConfirmationPayload: TestConfirmationPayload
TestPaymentMethod: TestPaymentMethod
TimesQuery: TimesQuery
TopSenderPage: TopSenderPage
TopSenderView: TopSenderView
TopSendersQuery: TopSendersQuery
TopUpPayload: TopUpPayload
TopUpQuery: TopUpQuery
TopUpRefundPayload: TopUpRefundPayload
TopUpRefundView: TopUpRefundView
TopUpView: TopUpView
TranscriptQuery: TranscriptQuery
TransferPage: TransferPage
TransferView: TransferView
TransfersQuery: TransfersQuery
TypingChangedEvent: TypingChangedEvent
TypingData: TypingData
UploadView: UploadView
User: User
UserPatch: UserPatch
UsersQuery: UsersQuery
VerifyEmailPayload: VerifyEmailPayload
WalletChangedEvent: WalletChangedEvent
WalletView: WalletView
WatchData: WatchData
WatchLivestreams: WatchLivestreams
WatchReaders: WatchReaders
WebhookReceived: WebhookReceived
WindowPayload: WindowPayload
WindowView: WindowView
}
export interface AdminEntry {
amount_minor: number
balance_after_minor: (number | null)
ledger_account: AdminLedgerAccount
}
/**
 * `owner` is null for the platform's own accounts.
 */
export interface AdminLedgerAccount {
id: number
kind: string
owner: (NamedPerson | null)
}
export interface NamedPerson {
display_name: string
id: string
}
export interface AdminGiftKind {
/**
 * null: the app's own style sheet moves it
 */
animation_url: (string | null)
created_at: string
currency: string
description: string
id: string
image_url: string
is_active: boolean
name: string
price_minor: number
sort_order: number
updated_at: string
}
/**
 * All of them, also those that are not offered any more, on one page.
 */
export interface AdminGiftKindPage {
items: AdminGiftKind[]
next_cursor: (string | null)
}
export interface AdminReaderPart {
headline: (string | null)
rating_average: (number | null)
rating_count: number
verification: ("pending" | "verified" | "rejected")
verification_reason: (string | null)
verified_at: (string | null)
}
export interface AdminReference {
id: string
kind: string
}
export interface AdminReview {
client: NamedPerson
comment: (string | null)
consultation_id: string
created_at: string
id: string
rating: number
reader: NamedPerson
status: ("published" | "hidden")
updated_at: string
}
/**
 * Newest first.
 */
export interface AdminReviewPage {
items: AdminReview[]
next_cursor: (string | null)
}
/**
 * `amount_minor` is the gross amount; the entries sum to zero.
 */
export interface AdminTransfer {
amount_minor: number
created_at: string
currency: string
description: string
entries: AdminEntry[]
id: string
increment: (number | null)
reference: AdminReference
resolves_id: (string | null)
state: ("pending" | "posted" | "voided")
type: string
}
/**
 * Newest first.
 */
export interface AdminTransferPage {
items: AdminTransfer[]
next_cursor: (string | null)
}
/**
 * `is_verified` and `reader` are null for who is no reader.
 */
export interface AdminUser {
avatar_url: (string | null)
created_at: string
display_name: string
email: string
email_verified_at: (string | null)
id: string
is_demonstration: boolean
is_email_verified: boolean
is_verified: (boolean | null)
reader: (AdminReaderPart | null)
role: ("client" | "reader" | "admin")
status: ("active" | "suspended" | "pending" | "banned")
status_reason: (string | null)
time_zone: string
updated_at: string
username: (string | null)
}
/**
 * With the person's money and what they do right now.
 */
export interface AdminUserDetail {
avatar_url: (string | null)
consultations_count: number
created_at: string
currency: string
display_name: string
earnings_balance_minor: (number | null)
email: string
email_verified_at: (string | null)
id: string
is_demonstration: boolean
is_email_verified: boolean
is_verified: (boolean | null)
last_used_at: (string | null)
live_consultation_id: (string | null)
open_logins_count: number
reader: (AdminReaderPart | null)
role: ("client" | "reader" | "admin")
status: ("active" | "suspended" | "pending" | "banned")
status_reason: (string | null)
time_zone: string
updated_at: string
username: (string | null)
wallet_balance_minor: (number | null)
wallet_held_minor: (number | null)
}
/**
 * Newest first.
 */
export interface AdminUserPage {
items: AdminUser[]
next_cursor: (string | null)
}
export interface AnswerConsultation {
consultation_id: string
reason?: (string | null)
}
export interface AnswerDescription {
sdp: string
type?: "answer"
}
export interface AnswerLivestream {
description: LivestreamAnswer
livestream_id: string
}
/**
 * RTCSessionDescriptionInit of a viewer, candidates gathered.
 */
export interface LivestreamAnswer {
sdp: string
type: "answer"
}
/**
 * The server's answer to the publisher, candidates included.
 */
export interface AnsweredOffer {
sdp: string
type?: "answer"
}
/**
 * `actor` is null for the service itself.
 */
export interface AuditEntry {
action: string
actor: (NamedPerson | null)
after: unknown
before: unknown
created_at: string
entity_id: string
entity_type: string
id: string
ip_address: (string | null)
user_agent: (string | null)
}
/**
 * Newest first.
 */
export interface AuditPage {
items: AuditEntry[]
next_cursor: (string | null)
}
export interface AuditQuery {
action?: (string | null)
actor_id?: (string | null)
cursor?: (string | null)
entity_id?: (string | null)
entity_type?: (string | null)
limit?: number
}
/**
 * The windows on the clock of `time_zone`, and the concrete spans of the next 14 days.
 */
export interface Availability {
time_zone: string
upcoming: SpanView[]
windows: WindowView[]
}
export interface SpanView {
ends_at: string
starts_at: string
}
export interface WindowView {
day_of_week: (number | null)
end_time: string
specific_date: (string | null)
start_time: string
}
/**
 * All windows there are; a date with windows of its own has only those. `time_zone` changes the own account's.
 */
export interface AvailabilityPayload {
time_zone?: (string | null)
/**
 * @maxItems 100
 */
windows: WindowPayload[]
}
/**
 * Every week on a day (0 = Sunday … 6 = Saturday), or on one date; on the clock of the reader's time zone.
 */
export interface WindowPayload {
day_of_week?: (number | null)
end_time: string
specific_date?: (string | null)
start_time: string
}
/**
 * null = no picture.
 */
export interface AvatarPayload {
upload_id: (string | null)
}
/**
 * What is booked and has not begun, the next one first.
 */
export interface BookingPage {
items: ConsultationView[]
next_cursor: (string | null)
}
/**
 * The snapshot. `type` is what was asked for, `mode` how they talk now; `rate_per_minute_minor` is what the next
 * increment costs. `version` goes up by one with each change both sides see; `earnings_minor` only the reader gets.
 */
export interface ConsultationView {
accepted_at: (string | null)
billed_increments: number
client: ParticipantView
client_media: ("none" | "connected" | "lost")
client_present: boolean
client_read_seq: number
connected_seconds: number
currency: string
earnings_minor?: (number | null)
end_reason: (("client_ended" | "reader_ended" | "balance_exhausted" | "ended_by_admin" | "reader_silent" | "participant_suspended" | "client_disconnected" | "reader_disconnected" | "both_disconnected" | "server_interrupted" | "declined" | "expired" | "withdrawn" | "client_no_show" | "reader_no_show" | "both_no_show") | null)
ended_at: (string | null)
free_seconds: number
grace_until_at: (string | null)
id: string
increment_seconds: number
is_paused: boolean
join_until_at: (string | null)
last_seq: number
minute_seconds: number
mode: ("chat" | "call" | "video")
no_show_minutes: number
paid_seconds_left: number
paid_until_at: (string | null)
pause_reason: (("connection" | "media" | "balance") | null)
proposed_mode: (("call" | "video") | null)
rate_per_minute_minor: number
rates: FrozenRates
reader: ParticipantView
reader_media: ("none" | "connected" | "lost")
reader_present: boolean
reader_read_seq: number
recording: (RecordingView | null)
requested_at: (string | null)
review: (ConsultationReviewView | null)
ring_until_at: (string | null)
scheduled_at: (string | null)
scheduled_minutes: (number | null)
settlement: ("minute" | "second")
started_at: (string | null)
status: ("scheduled" | "requested" | "in_progress" | "completed" | "disconnected" | "cancelled" | "no_show")
top_up_until_at: (string | null)
total_cost_minor: number
type: ("chat" | "call" | "video")
version: number
waiting_room_opens_at: (string | null)
}
export interface ParticipantView {
avatar_url: (string | null)
display_name: string
id: string
is_demonstration: boolean
}
/**
 * What each way of talking costs in this consultation; null where the reader does not offer it.
 */
export interface FrozenRates {
call: (FrozenRate | null)
chat: (FrozenRate | null)
video: (FrozenRate | null)
}
export interface FrozenRate {
rate_per_minute_minor: number
}
/**
 * `asked_by` and `stopped_by` are user ids; `stopped_by` is null when it ended by itself. Files appear once they are stored.
 * 
 * `kept_days`: for how long after its end it is kept, 0 = until it is deleted; past `expires_at` there are no files.
 */
export interface RecordingView {
agreed_at: (string | null)
asked_at: string
asked_by: string
expires_at: (string | null)
files: RecordingFileView[]
id: string
kept_days: number
started_at: (string | null)
state: ("asked" | "connecting" | "recording" | "stopped")
stop_reason: (("stopped" | "consultation_ended" | "media_ended" | "not_connected" | "interrupted" | "disk_failed") | null)
stopped_at: (string | null)
stopped_by: (string | null)
}
/**
 * One WebM file. A participant who was away for a moment goes on in another part; both sides' files share one time line,
 * on which this one begins at `offset_seconds`.
 */
export interface RecordingFileView {
bytes: number
has_video: boolean
offset_seconds: number
part: number
seconds: number
side: ("client" | "reader")
url: string
}
export interface ConsultationReviewView {
comment: (string | null)
created_at: string
id: string
rating: number
updated_at: string
}
/**
 * `reason`: words for the other one.
 */
export interface CancellationPayload {
reason?: (string | null)
}
/**
 * `agreed_rate_per_minute_minor`: the client agrees to this price, where it is higher than before.
 */
export interface ChangeMode {
agreed_rate_per_minute_minor?: (number | null)
consultation_id: string
mode: ("chat" | "call" | "video")
}
export interface ConnectRecording {
consultation_id: string
description: OfferDescription
}
/**
 * RTCSessionDescriptionInit of an offer whose candidates are gathered: audio once, and video at most once.
 */
export interface OfferDescription {
sdp: string
type: "offer"
}
/**
 * Sent just before the server closes the connection.
 */
export interface ConnectionClosingEvent {
code: ("server.restarting" | "auth.expired" | "auth.revoked" | "limit.flood")
reconnect_after_ms: number
retryable: boolean
}
/**
 * The clock stands; the reader is kept until `top_up_until_at`.
 */
export interface ConsultationBalanceExhaustedEvent {
at: string
consultation: ConsultationView
consultation_id: string
top_up_until_at: string
version: number
}
export interface ConsultationBalanceLowEvent {
at: string
consultation_id: string
minutes_left: number
}
/**
 * A participant of this consultation, who goes on talking, is booked for another one that begins soon.
 */
export interface ConsultationBookingNearEvent {
at: string
consultation_id: string
scheduled_at: string
user_id: string
}
/**
 * One increment was paid. `balance_minor` is for the client, `earnings_minor` for the reader.
 */
export interface ConsultationChargedEvent {
amount_minor: number
at: string
balance_minor?: (number | null)
consultation_id: string
earnings_minor?: (number | null)
increment: number
paid_until_at: string
total_cost_minor: number
version: number
}
export interface ConsultationData {
consultation: ConsultationView
}
/**
 * The snapshot, the messages after `after_seq` (the oldest first; more may follow over HTTP), and relay servers.
 */
export interface ConsultationJoined {
consultation: ConsultationView
ice_servers: IceServerView[]
ice_servers_expire_at: (string | null)
ice_transport_policy: ("all" | "relay")
messages: MessageView[]
}
/**
 * A browser's `RTCIceServer`; STUN servers carry no credentials.
 */
export interface IceServerView {
credential?: string
urls: string[]
username?: string
}
/**
 * `sender_id` is one of the participants; an image's `content` is the upload's id and `upload_url` where it is.
 */
export interface MessageView {
consultation_id: string
content: string
created_at: string
id: string
kind: ("text" | "image" | "system")
nonce: string
sender_id: string
seq: number
upload_url: (string | null)
}
/**
 * Newest first.
 */
export interface ConsultationPage {
items: ConsultationView[]
next_cursor: (string | null)
}
/**
 * Without `scheduled_at` it rings at once. `minutes`: how long a booking keeps the reader free; the time may be longer.
 */
export interface ConsultationPayload {
minutes?: (number | null)
reader_id: string
scheduled_at?: (string | null)
type: ("chat" | "call" | "video")
}
export interface ConsultationReference {
consultation_id: string
}
/**
 * Every event named `consultation.` and a `StateChange`.
 */
export interface ConsultationStateEvent {
at: string
consultation: ConsultationView
consultation_id: string
version: number
}
/**
 * `status` may be given several times.
 */
export interface ConsultationsOfAllQuery {
cursor?: (string | null)
limit?: number
/**
 * @maxItems 7
 */
status?: ("scheduled" | "requested" | "in_progress" | "completed" | "disconnected" | "cancelled" | "no_show")[]
user_id?: (string | null)
}
/**
 * `status` may be given several times.
 */
export interface ConsultationsQuery {
cursor?: (string | null)
limit?: number
/**
 * @maxItems 7
 */
status?: ("scheduled" | "requested" | "in_progress" | "completed" | "disconnected" | "cancelled" | "no_show")[]
}
export interface DeleteLivestreamMessage {
livestream_id: string
message_id: string
}
/**
 * The reader's today, in the reader's time zone. `status` is the chosen one, or `busy` with a live consultation.
 */
export interface Desk {
chosen_status: ("online" | "away" | "invisible" | "offline")
consultations_today: number
currency: string
earnings_today_minor: number
is_email_verified: boolean
is_verified: boolean
live_consultation: (ConsultationView | null)
minutes_today: number
status: ("online" | "busy" | "away" | "invisible" | "offline")
verification: ("pending" | "verified" | "rejected")
}
/**
 * `type`: who offers it; `max_rate_minor` is about that type, or else the cheapest that the reader offers.
 */
export interface DirectoryQuery {
cursor?: (string | null)
/**
 * Only readers whom the caller follows
 */
followed?: boolean
language?: (string | null)
limit?: number
max_rate_minor?: (number | null)
/**
 * Words of the profile, or the beginnings of words
 */
q?: string
sort?: ("recommended" | "rating" | "rate" | "newest")
specialty?: (string | null)
status?: (("online" | "busy" | "away" | "offline") | null)
type?: (("chat" | "call" | "video") | null)
}
/**
 * What the reader's earnings account holds: held and available together.
 */
export interface EarningsChangedEvent {
at: string
balance_minor: number
currency: string
}
/**
 * total = held + available + in transit + paid. What is available may be negative after a refund, and is recovered first.
 */
export interface EarningsView {
available_minor: number
currency: string
/**
 * Earned too short a time ago to be paid out
 */
held_minor: number
in_transit_minor: number
paid_minor: number
total_minor: number
}
export interface FacetView {
count: number
value: string
}
/**
 * What can be filtered by, with how many listed readers each; the most common first.
 */
export interface Facets {
languages: FacetView[]
specialties: FacetView[]
}
/**
 * One mistake in what was sent; `path` is dotted and empty when the whole is meant.
 */
export interface FieldProblem {
message: string
path: string
}
/**
 * `download=1` has a browser keep the file. The others are a pass from the list, for who sends no token.
 */
export interface FileQuery {
download?: number
expires?: (number | null)
login?: (string | null)
signature?: (string | null)
user?: (string | null)
}
/**
 * The newest first.
 */
export interface FollowPage {
items: FollowedReader[]
next_cursor: (string | null)
}
/**
 * A listed reader whom the caller follows.
 */
export interface FollowedReader {
avatar_url: (string | null)
display_name: string
followed_at: string
headline: (string | null)
id: string
is_demonstration: boolean
status: ("online" | "busy" | "away" | "offline")
}
export interface FollowState {
followers_count: number
is_followed: boolean
reader_id: string
}
/**
 * `balance_minor`: what the sender's wallet held right after it.
 */
export interface GiftData {
balance_minor: number
gift: GiftView
}
/**
 * A gift as everybody sees it, with how its kind looks.
 */
export interface GiftView {
amount_minor: number
animation_url: (string | null)
currency: string
gift_kind_id: string
id: string
image_url: string
message: string
name: string
quantity: number
sender: SpeakerView
}
/**
 * A person, as everybody in a livestream sees them.
 */
export interface SpeakerView {
avatar_url: (string | null)
display_name: string
id: string
}
/**
 * Money in minor units of the installation's currency.
 */
export interface GiftGoal {
goal_minor: number
title: string
}
/**
 * What the reader collects gifts for, and how far it has come. Money in minor units.
 */
export interface GiftGoalView {
goal_minor: number
reached_minor: number
title: string
}
/**
 * In the order in which they are offered, all on one page.
 */
export interface GiftKindPage {
items: GiftKindView[]
next_cursor: (string | null)
}
export interface GiftKindView {
/**
 * null: the app's own style sheet moves it
 */
animation_url: (string | null)
currency: string
description: string
id: string
image_url: string
name: string
price_minor: number
}
/**
 * What is left out stays as it is. A new price holds from the next gift on.
 */
export interface GiftKindPatch {
description?: (string | null)
image_upload_id?: (string | null)
image_url?: (string | null)
is_active?: (boolean | null)
name?: (string | null)
price_minor?: (number | null)
sort_order?: (number | null)
}
/**
 * A new kind, offered at once unless `is_active` is false. Its picture: an own upload, or one that the app brings along.
 */
export interface GiftKindPayload {
description?: string
image_upload_id?: (string | null)
image_url?: (string | null)
is_active?: boolean
name: string
price_minor: number
sort_order?: number
}
/**
 * For who sent it and who got it; only the reader (and the house) is told what they earned with it.
 */
export interface GiftReceiptView {
amount_minor: number
animation_url: (string | null)
consultation_id: (string | null)
created_at: string
currency: string
description: string
earned_minor?: (number | null)
gift_kind_id: string
id: string
image_url: string
livestream_id: (string | null)
message: string
name: string
quantity: number
reader: SpeakerView
/**
 * When it was given back, whole
 */
refunded_at: (string | null)
sender: SpeakerView
transfer_id: string
}
export interface GiftRefundPayload {
reason: string
}
/**
 * A gift was paid. In a livestream `message` is its line in the chat; in a consultation there is none.
 */
export interface GiftSentEvent {
at: string
consultation_id?: (string | null)
gift: GiftView
gift_goal: (GiftGoalView | null)
livestream_id?: (string | null)
message: (LivestreamMessageView | null)
top_senders: TopSenderView[]
}
/**
 * `content` is plain text, whatever it looks like: what somebody wrote, or what they wrote with a gift. It is empty where
 * `is_deleted`.
 */
export interface LivestreamMessageView {
badges: ("reader" | "moderator" | "admin")[]
content: string
created_at: string
gift: (GiftView | null)
id: string
is_deleted: boolean
kind: ("text" | "gift")
sender: SpeakerView
seq: number
}
/**
 * Money in minor units.
 */
export interface TopSenderView {
total_minor: number
user: SpeakerView
}
/**
 * RTCIceCandidateInit; an empty `candidate` ends those of its generation.
 */
export interface IceCandidate {
candidate?: string
sdpMLineIndex?: (number | null)
sdpMid?: (string | null)
usernameFragment?: (string | null)
}
export interface JoinConsultation {
after_seq?: number
consultation_id: string
}
/**
 * `after_seq`: the last message that is known already; left out, the last hundred come.
 */
export interface JoinLivestream {
after_seq?: (number | null)
livestream_id: string
}
export interface JoinQueue {
nonce: string
reader_id: string
type: ("chat" | "call" | "video")
}
export interface LeaveQueue {
reader_id: string
}
/**
 * All is well when there are no differences.
 */
export interface LedgerCheck {
checked_at: string
differences: LedgerDifference[]
ok: boolean
}
export interface LedgerDifference {
expected_minor: number
found_minor: number
invariant: string
reference: string
}
/**
 * null = no limit.
 */
export interface LimitsPayload {
per_consultation_minor?: (number | null)
per_day_minor?: (number | null)
per_month_minor?: (number | null)
}
/**
 * null = no limit. Days and months are counted in UTC.
 */
export interface LimitsView {
per_consultation_minor: (number | null)
per_day_minor: (number | null)
per_month_minor: (number | null)
}
/**
 * A recording as in the snapshot, its files with addresses to play them.
 */
export interface ListedRecordingView {
agreed_at: (string | null)
asked_at: string
asked_by: string
expires_at: (string | null)
files: PlayableFileView[]
id: string
kept_days: number
started_at: (string | null)
state: ("asked" | "connecting" | "recording" | "stopped")
stop_reason: (("stopped" | "consultation_ended" | "media_ended" | "not_connected" | "interrupted" | "disk_failed") | null)
stopped_at: (string | null)
stopped_by: (string | null)
}
/**
 * `url` needs the token; `play_url` and `download_url` need none until `links_expire_at`: for `<video>` and links.
 */
export interface PlayableFileView {
bytes: number
download_url: string
has_video: boolean
links_expire_at: string
offset_seconds: number
part: number
play_url: string
seconds: number
side: ("client" | "reader")
url: string
}
/**
 * `imposed_by`: the reader, who helped them, or an admin; what an admin decided the reader cannot lift.
 */
export interface ListedSanctionView {
created_at: string
imposed_by: string
imposed_by_name: string
kind: ("muted" | "banned")
reason: string
until_at: (string | null)
user: SpeakerView
}
export interface LiveConsultation {
consultation: (ConsultationView | null)
}
export interface LivestreamAnswered {

}
export interface LivestreamData {
livestream: LivestreamView
}
/**
 * The snapshot. `media_id` is where its media are now, null while nothing can be seen; another id means other media.
 * 
 * `version` goes up by one with each change of state, not with viewers, messages and gifts. While `is_paused` viewers wait:
 * for the publisher's connection, or for the reader's private consultation, until `pause_until_at`.
 */
export interface LivestreamView {
category: string
cover_url: (string | null)
created_at: string
currency: string
description: string
end_reason: (("reader_ended" | "publisher_lost" | "pause_ran_out" | "ended_by_admin" | "reader_suspended" | "cancelled" | "never_started") | null)
ended_at: (string | null)
gift_goal: (GiftGoalView | null)
gifts_minor: number
id: string
is_followers_only: boolean
is_paused: boolean
is_recorded: boolean
last_seq: number
media_id: (string | null)
pause_reason: (("connection" | "private") | null)
pause_until_at: (string | null)
peak: number
reader: ParticipantView
recording: (LivestreamRecordingView | null)
scheduled_at: (string | null)
slow_mode_seconds: number
started_at: (string | null)
status: ("scheduled" | "live" | "ended" | "cancelled")
title: string
version: number
viewer_count: number
}
export interface LivestreamRecordingView {
is_published: boolean
seconds: number
state: ("recording" | "storing" | "stored" | "failed" | "expired")
}
/**
 * `scheduled_at` left out: it is not announced, and begins when its reader starts it.
 */
export interface LivestreamDraft {
category: string
cover_upload_id?: (string | null)
description?: string
gift_goal?: (GiftGoal | null)
is_recorded?: boolean
scheduled_at?: (string | null)
title: string
}
/**
 * Gifts that were not given back. Money in minor units; `earned_minor` is the reader's part of `gifts_minor`.
 */
export interface LivestreamEarningsView {
currency: string
earned_minor: number
gifts_count: number
gifts_minor: number
}
/**
 * `description` is to be answered by `livestream.answer`; it is there only where `media` is `offered`.
 */
export interface LivestreamJoined {
description: (OfferedMedia | null)
livestream: LivestreamView
media: ("offered" | "waiting" | "full" | "unavailable")
messages: LivestreamMessageView[]
standing: StandingView
top_senders: TopSenderView[]
}
/**
 * The server's offer to a viewer, candidates included.
 */
export interface OfferedMedia {
sdp: string
type?: "offer"
}
/**
 * Moderators, the reader and admins keep order, over whoever stands below them. `sanction`: what holds of the caller.
 */
export interface StandingView {
is_following: boolean
rank: ("viewer" | "moderator" | "reader" | "admin")
sanction: (SanctionView | null)
}
/**
 * `until_at` null: until it is lifted.
 */
export interface SanctionView {
created_at: string
kind: ("muted" | "banned")
reason: string
until_at: (string | null)
user_id: string
}
export interface LivestreamLeft {

}
export interface LivestreamMessageData {
message: LivestreamMessageView
}
export interface LivestreamMessageDeleted {

}
export interface LivestreamMessageDeletedEvent {
at: string
deleted_by: string
livestream_id: string
message_id: string
seq: number
}
/**
 * In order; `next_cursor` is null once nothing newer is stored.
 */
export interface LivestreamMessagePage {
items: LivestreamMessageView[]
next_cursor: (string | null)
}
/**
 * In all livestreams of that reader.
 */
export interface LivestreamModeratorSetEvent {
at: string
livestream_id: string
on: boolean
reader_id: string
user_id: string
}
/**
 * RTCSessionDescriptionInit of the publisher, candidates gathered: sound once and picture once.
 */
export interface LivestreamOffer {
sdp: string
type: "offer"
}
/**
 * What goes on first, most viewers first; then what is to come, the next first; then what is over, the newest first.
 */
export interface LivestreamPage {
items: LivestreamView[]
next_cursor: (string | null)
}
/**
 * What is left out stays as it is; null takes the cover, the time or the goal away.
 */
export interface LivestreamPatch {
category?: (string | null)
cover_upload_id?: (string | null)
description?: (string | null)
gift_goal?: (GiftGoal | null)
is_recorded?: (boolean | null)
scheduled_at?: (string | null)
title?: (string | null)
}
export interface LivestreamReference {
livestream_id: string
}
export interface LivestreamSaidEvent {
at: string
livestream_id: string
message: LivestreamMessageView
}
/**
 * `none`: what held was lifted. It holds in all of the reader's livestreams.
 */
export interface LivestreamSanctionedEvent {
at: string
kind: ("muted" | "banned" | "none")
livestream_id: string
reader_id: string
reason: string
until_at: (string | null)
}
export interface LivestreamStarted {
description: AnsweredOffer
livestream: LivestreamView
publishing_id: string
}
/**
 * Every event named `livestream.` and a `LivestreamChange`.
 */
export interface LivestreamStateEvent {
at: string
livestream: LivestreamView
livestream_id: string
version: number
}
/**
 * Whoever publishes under another `publishing_id` does so no more.
 */
export interface LivestreamTakenOverEvent {
at: string
livestream_id: string
publishing_id: string
}
export interface LivestreamViewersChangedEvent {
at: string
livestream_id: string
peak: number
viewer_count: number
}
/**
 * `status` may be given several times.
 */
export interface LivestreamsQuery {
cursor?: (string | null)
limit?: number
reader_id?: (string | null)
/**
 * @maxItems 4
 */
status?: ("scheduled" | "live" | "ended" | "cancelled")[]
}
export interface LivestreamsWatched {
on: boolean
}
/**
 * A fresh access token, as RFC 6749 names its parts; the refresh token comes as a cookie.
 */
export interface LoggedIn {
access_token: string
expires_in: number
token_type?: "Bearer"
user: User
}
/**
 * The own account.
 */
export interface User {
avatar_url: (string | null)
created_at: string
display_name: string
email: string
email_verified: boolean
email_verified_at: (string | null)
id: string
is_demonstration: boolean
permissions: string[]
role: ("client" | "reader" | "admin")
status: ("active" | "suspended" | "pending" | "banned")
time_zone: string
username: (string | null)
}
export interface LoginPage {
items: LoginView[]
next_cursor: (string | null)
}
/**
 * One browser or device that is logged in.
 */
export interface LoginView {
created_at: string
expires_at: string
id: string
ip_address: (string | null)
is_current: boolean
last_used_at: string
user_agent: (string | null)
}
export interface LoginPayload {
email: string
password: string
totp_code?: (string | null)
}
/**
 * What the clock now takes the reporter's media for.
 */
export interface MediaData {
state: ("none" | "connected" | "lost")
}
/**
 * Packets since the peer connection was made, all streams together; what a client does not count may be left out.
 */
export interface MediaStats {
packets_received?: (number | null)
packets_sent?: (number | null)
round_trip_ms?: (number | null)
}
export interface MessageData {
message: MessageView
}
/**
 * In order; `next_cursor` is null once nothing newer is stored.
 */
export interface MessagePage {
items: MessageView[]
next_cursor: (string | null)
}
export interface MessageReadEvent {
at: string
consultation_id: string
up_to_seq: number
user_id: string
}
export interface MessageSentEvent {
at: string
consultation_id: string
message: MessageView
}
/**
 * Messages with a higher `seq` than `after_seq`; `cursor`, where it is given, goes on where the page before ended.
 */
export interface MessagesQuery {
after_seq?: number
cursor?: (string | null)
limit?: number
}
export interface ModeratorData {
on: boolean
}
/**
 * All of them, by name.
 */
export interface ModeratorList {
items: SpeakerView[]
next_cursor?: null
}
/**
 * Newest first.
 */
export interface NewestLivestreamPage {
items: LivestreamView[]
next_cursor: (string | null)
}
export interface NotificationCreatedEvent {
at: string
notification: NotificationView
}
/**
 * `url` is the page to open, `off_url` a signed address that turns the kind off without a login.
 */
export interface NotificationView {
created_at: string
id: string
kind: ("reader_online" | "reader_live" | "livestream_coming" | "queue_turn")
livestream?: (NotifiedLivestream | null)
off_url: string
read_at: (string | null)
reader: ParticipantView
turn?: (NotifiedTurn | null)
url: string
}
/**
 * `is_soon`: it begins in a moment; otherwise it was announced.
 */
export interface NotifiedLivestream {
id: string
is_soon: boolean
scheduled_at: (string | null)
title: string
}
/**
 * The turn in a reader's line. `state`: it came (until `until_at`), or it was missed (the place is kept until then).
 */
export interface NotifiedTurn {
state: ("came" | "missed")
type: ("chat" | "call" | "video")
until_at: string
}
/**
 * The newest first. `unread_count` is of all of them, 100 = that many or more.
 */
export interface NotificationPage {
items: NotificationView[]
next_cursor: (string | null)
unread_count: number
}
/**
 * Whether a kind is told in the pages, and by push to the browsers that asked for it.
 */
export interface NotificationPreference {
by_push: boolean
in_page: boolean
kind: ("reader_online" | "reader_live" | "livestream_coming" | "queue_turn")
}
export interface NotificationPreferences {
items: NotificationPreference[]
}
/**
 * Everything up to `up_to_id` was read (null = everything); `unread_count` is what is left, 100 = that many or more.
 */
export interface NotificationsReadEvent {
at: string
unread_count: number
up_to_id: (string | null)
}
/**
 * What a signed address carries. `what` = reader: stop following the reader instead.
 */
export interface OffQuery {
kind: ("reader_online" | "reader_live" | "livestream_coming" | "queue_turn")
reader?: (string | null)
signature: string
user: string
what?: string
}
export interface OutboxLetter {
created_at: string
links: string[]
subject: string
text: string
to: string
token: (string | null)
}
export interface OutboxPage {
items: OutboxLetter[]
}
export interface OutboxQuery {
to?: (string | null)
}
/**
 * What runs now, and what was booked since midnight UTC.
 */
export interface Overview {
at: string
busy_readers: number
charges_today_minor: number
consultations_today: number
currency: string
live_consultations: number
online_readers: number
pending_readers: number
refunds_today_minor: number
registrations_today: number
ringing_consultations: number
top_ups_today_minor: number
}
/**
 * The lines that the caller waits in, the oldest first; and the places that were lost within the last hour, the newest
 * first, for who was not there when it happened. `at` is the server's time of the answer.
 */
export interface OwnQueue {
at: string
items: QueueEntryView[]
lost: QueueEntryView[]
}
/**
 * A client's place. `position` counts from 1 (null once it ended), `waiting_count` everybody in the line.
 * 
 * `reserved_until_at`: it is the client's turn until then; `consultation_id` is the request that was made of the turn.
 * `skip_reason` and `kept_until_at`: the turn came and could not be taken; the place is kept until then.
 * `stalled_until_at`: the reader is not there; the line ends if that is still so then. `rate_per_minute_minor` is today's.
 */
export interface QueueEntryView {
consultation_id: (string | null)
currency: string
end_reason: (("served" | "left" | "time_ran_out" | "declined" | "unanswered" | "not_ready" | "reader_gone" | "reader_closed" | "type_not_offered") | null)
ended_at: (string | null)
id: string
joined_at: string
kept_until_at: (string | null)
position: (number | null)
rate_per_minute_minor: (number | null)
reader: ParticipantView
reserved_until_at: (string | null)
skip_reason: (("disconnected" | "busy" | "balance") | null)
stalled_until_at: (string | null)
state: ("waiting" | "reserved" | "served" | "passed" | "left" | "dissolved")
type: ("chat" | "call" | "video")
waiting_count: number
}
/**
 * The reader's own profile, listed or not. `status` is what others see, `chosen_status` what the reader chose.
 */
export interface OwnReader {
avatar_url: (string | null)
bio: string
certifications: string[]
chosen_status: ("online" | "away" | "invisible" | "offline")
consultations_count: number
created_at: string
currency: string
display_name: string
experience_years: number
followers_count: number
headline: (string | null)
id: string
is_demonstration: boolean
is_email_verified: boolean
is_followed: (boolean | null)
is_verified: boolean
languages: string[]
livestream_id: (string | null)
next_available_at: (string | null)
rates: Rates
rating_average: (number | null)
rating_count: number
rating_distribution: {
[k: string]: number | undefined
}
specialties: string[]
status: ("online" | "busy" | "away" | "offline")
time_zone: string
verification: ("pending" | "verified" | "rejected")
verification_reason: (string | null)
waiting_count: number
}
/**
 * null = not offered.
 */
export interface Rates {
call: (Rate | null)
chat: (Rate | null)
video: (Rate | null)
}
export interface Rate {
rate_per_minute_minor: number
}
/**
 * The query parameters of every list.
 */
export interface PageQuery {
cursor?: (string | null)
limit?: number
}
export interface PasswordChangePayload {
current_password: string
new_password: string
}
export interface PasswordResetConfirmPayload {
new_password: string
token: string
}
export interface PasswordResetPayload {
email: string
}
export interface PreferencePayload {
by_push: boolean
in_page: boolean
kind: ("reader_online" | "reader_live" | "livestream_coming" | "queue_turn")
}
/**
 * Kinds that are left out stay as they are.
 */
export interface PreferencesPayload {
/**
 * @maxItems 4
 */
items: PreferencePayload[]
}
/**
 * RFC 9457 with the stable `code` that programs act on and whether trying again can help.
 */
export interface ProblemDetails {
code: string
detail: string
fields: FieldProblem[]
/**
 * Where what this is about can be found, if anywhere
 */
instance?: (string | null)
retryable: boolean
status: number
title: string
/**
 * `about:blank#<code>`: an identifier, not a page
 */
type: string
}
/**
 * What is left out stays as it is.
 */
export interface ProfilePatch {
display_name?: (string | null)
time_zone?: (string | null)
username?: (string | null)
}
export interface PublicReview {
client: Reviewer
comment: (string | null)
created_at: string
id: string
rating: number
updated_at: string
}
/**
 * First name and initial; who reviewed is not told to the public.
 */
export interface Reviewer {
display_name: string
}
/**
 * Newest first.
 */
export interface PublicReviewPage {
items: PublicReview[]
next_cursor: (string | null)
}
export interface PublishRecording {
is_published: boolean
}
export interface PushEndpointPayload {
endpoint: string
}
/**
 * The server's public key (RFC 8292), for `applicationServerKey`: base64url of the uncompressed point.
 */
export interface PushKey {
key: string
}
export interface PushKeys {
auth: string
p256dh: string
}
/**
 * As PushSubscription.toJSON() of the browser gives it.
 */
export interface PushSubscriptionPayload {
endpoint: string
/**
 * Ignored
 */
expirationTime?: {
[k: string]: unknown | undefined
}
keys: PushKeys
}
export interface PushSubscriptionView {
id: string
}
/**
 * `entry` is the client's place as it is now, null when they do not wait there any more; `ended` says what became of it.
 */
export interface QueueChangedEvent {
at: string
ended: (QueueEntryView | null)
entry: (QueueEntryView | null)
reader_id: string
}
export interface QueueEntryData {
entry: QueueEntryView
}
/**
 * `left`: whether the client was in the line.
 */
export interface QueueLeft {
left: boolean
}
/**
 * The whole line in order.
 */
export interface QueueLineChangedEvent {
at: string
items: QueuePlaceView[]
reader_id: string
}
/**
 * Somebody who waits, as the reader sees them.
 */
export interface QueuePlaceView {
client: ParticipantView
consultation_id: (string | null)
id: string
joined_at: string
position: number
reserved_until_at: (string | null)
skip_reason: (("disconnected" | "busy" | "balance") | null)
state: ("waiting" | "reserved" | "served" | "passed" | "left" | "dissolved")
type: ("chat" | "call" | "video")
}
export interface RatePayload {
rate_per_minute_minor: number
}
/**
 * null = not offered; a type that is left out stays as it is.
 */
export interface RatesPatch {
call?: (RatePayload | null)
chat?: (RatePayload | null)
video?: (RatePayload | null)
}
export interface ReadData {
up_to_seq: number
}
export interface ReadMessages {
consultation_id: string
up_to_seq: number
}
/**
 * Everything, or what is not newer than `up_to_id`.
 */
export interface ReadPayload {
up_to_id?: (string | null)
}
export interface ReadState {
unread_count: number
}
/**
 * A reader in a list. `next_available_at` is the instant of the answer while a window of the calendar is open.
 * 
 * `waiting_count`: how many wait in line. `is_followed`: whether the caller follows this reader, null for who is not logged in.
 * `livestream_id`: the reader's livestream that goes on now.
 */
export interface ReaderCard {
avatar_url: (string | null)
consultations_count: number
currency: string
display_name: string
experience_years: number
followers_count: number
headline: (string | null)
id: string
is_demonstration: boolean
is_followed: (boolean | null)
languages: string[]
livestream_id: (string | null)
next_available_at: (string | null)
rates: Rates
rating_average: (number | null)
rating_count: number
specialties: string[]
status: ("online" | "busy" | "away" | "offline")
waiting_count: number
}
/**
 * Readers in the order that was asked for.
 */
export interface ReaderPage {
items: ReaderCard[]
next_cursor: (string | null)
}
/**
 * What is left out stays as it is; null empties the headline and the biography.
 */
export interface ReaderPatch {
bio?: (string | null)
certifications?: (string[] | null)
experience_years?: (number | null)
headline?: (string | null)
languages?: (string[] | null)
rates?: (RatesPatch | null)
specialties?: (string[] | null)
}
/**
 * `rating_distribution` counts the published reviews by their rating, from "1" to "5".
 */
export interface ReaderProfile {
avatar_url: (string | null)
bio: string
certifications: string[]
consultations_count: number
created_at: string
currency: string
display_name: string
experience_years: number
followers_count: number
headline: (string | null)
id: string
is_demonstration: boolean
is_followed: (boolean | null)
languages: string[]
livestream_id: (string | null)
next_available_at: (string | null)
rates: Rates
rating_average: (number | null)
rating_count: number
rating_distribution: {
[k: string]: number | undefined
}
specialties: string[]
status: ("online" | "busy" | "away" | "offline")
time_zone: string
waiting_count: number
}
/**
 * Who waits for the caller, in order.
 */
export interface ReaderQueue {
at: string
items: QueuePlaceView[]
}
/**
 * What clients see of a reader has changed; of two about one reader the later `at` counts.
 * 
 * `waiting_count`: how many wait in line.
 */
export interface ReaderStatusChangedEvent {
at: string
reader_id: string
status: ("online" | "busy" | "away" | "offline")
waiting_count: number
}
/**
 * `times`: the instants at which a consultation of `minutes` may start, in order, from `from_at` up to before `until_at`;
 * none of them where the reader does not offer `type`. `time_zone` is the reader's. `no_show_minutes`: for how many minutes
 * a client pays who books now and does not come; `wait_seconds`: how long the one waits for the other.
 */
export interface ReaderTimes {
bookable_until_at: string
from_at: string
minutes: number
no_show_minutes: number
time_zone: string
times: string[]
until_at: string
wait_seconds: number
}
export interface ReasonPayload {
reason: string
}
/**
 * The relay's answer, candidates included; the other participant's media come with it.
 */
export interface RecordingConnected {
description: AnswerDescription
}
/**
 * All of a consultation's, the newest first.
 */
export interface RecordingList {
items: ListedRecordingView[]
next_cursor?: null
}
export interface ReferenceView {
id: string
/**
 * consultation, top_up, gift, order …
 */
kind: string
}
export interface RefundPayload {
amount_minor: number
reason: string
}
export interface RegisterPayload {
display_name: string
email: string
password: string
role: ("client" | "reader")
}
export interface RenewedIceServers {
ice_servers: IceServerView[]
ice_servers_expire_at: (string | null)
ice_transport_policy: ("all" | "relay")
}
/**
 * `url` needs no token until `links_expire_at`. It is shown from `started_at` on, for so many `seconds`.
 */
export interface ReplayFileView {
bytes: number
has_video: boolean
part: number
seconds: number
started_at: string
url: string
}
/**
 * The files in the order in which they were taken; between two of them there was nothing to see. What was said and given
 * then is at `messages_url`, each with its `created_at`.
 */
export interface ReplayView {
files: ReplayFileView[]
links_expire_at: string
livestream: LivestreamView
messages_url: string
}
export interface ReportMedia {
consultation_id: string
state: ("connected" | "disconnected" | "failed")
stats?: (MediaStats | null)
}
export interface RequestConsultation {
nonce: string
reader_id: string
type: ("chat" | "call" | "video")
}
export interface ReviewModeration {
reason?: (string | null)
status: ("published" | "hidden")
}
/**
 * What is left out stays as it is; null takes the comment away.
 */
export interface ReviewPatch {
comment?: (string | null)
rating?: (number | null)
}
export interface ReviewPayload {
comment?: (string | null)
rating: number
}
/**
 * A review as its author sees it.
 */
export interface ReviewView {
comment: (string | null)
consultation_id: string
created_at: string
id: string
rating: number
reader_id: string
status: ("published" | "hidden")
updated_at: string
}
export interface ReviewsQuery {
cursor?: (string | null)
limit?: number
status?: (("published" | "hidden") | null)
}
export interface SanctionData {
sanction: (SanctionView | null)
}
/**
 * Those that hold, the newest first.
 */
export interface SanctionPage {
items: ListedSanctionView[]
next_cursor: (string | null)
}
/**
 * `none` lifts what holds. Without `seconds` it holds until it is lifted.
 */
export interface SanctionViewer {
kind: ("muted" | "banned" | "none")
livestream_id: string
reason?: string
seconds?: (number | null)
user_id: string
}
/**
 * `content` is plain text: markup and links in it are characters like others.
 */
export interface SayInLivestream {
content: string
livestream_id: string
nonce: string
}
/**
 * Newest first.
 */
export interface SecurityEventPage {
items: SecurityEventView[]
next_cursor: (string | null)
}
export interface SecurityEventView {
created_at: string
id: string
ip_address: (string | null)
payload: unknown
type: string
user: (NamedPerson | null)
user_agent: (string | null)
}
export interface SecurityEventsQuery {
cursor?: (string | null)
limit?: number
type?: (string | null)
user_id?: (string | null)
}
/**
 * In a livestream or in a consultation: one of the two ids.
 * 
 * `amount_minor`: what the sender was shown that all of it costs, in minor units; where it costs another amount by now, nothing
 * is paid. Left out, it is paid at whatever it costs.
 */
export interface SendGift {
amount_minor?: (number | null)
consultation_id?: (string | null)
gift_kind_id: string
livestream_id?: (string | null)
message?: string
nonce: string
quantity: number
}
export interface SendMessage {
consultation_id: string
content: string
kind?: ("text" | "image")
nonce: string
}
/**
 * Exactly one of the two; a null `candidate` says that there are no more.
 */
export interface SendSignal {
candidate?: (IceCandidate | null)
consultation_id: string
description?: (SessionDescription | null)
}
/**
 * RTCSessionDescriptionInit. A rollback carries no text.
 */
export interface SessionDescription {
sdp?: string
type: ("offer" | "answer" | "pranswer" | "rollback")
}
/**
 * What is left out stays as it is.
 */
export interface SetChat {
is_followers_only?: (boolean | null)
livestream_id: string
slow_mode_seconds?: (number | null)
}
export interface SetModerator {
livestream_id: string
on: boolean
user_id: string
}
export interface SetStatus {
status: ("online" | "away" | "invisible" | "offline")
}
export interface SetTyping {
consultation_id: string
is_typing: boolean
}
/**
 * By key.
 */
export interface SettingPage {
items: SettingView[]
next_cursor: (string | null)
}
export interface SettingView {
description: (string | null)
key: string
updated_at: string
updated_by: (NamedPerson | null)
value: unknown
}
/**
 * `value` is any JSON; a description that is left out stays as it was.
 */
export interface SettingPayload {
description?: (string | null)
value: unknown
}
/**
 * `seq` rises with each signal of a consultation; there may be gaps.
 */
export interface SignalData {
seq: number
}
/**
 * Either `description` or `candidate`, as the other side sent it. The same `seq` may come twice after a reconnect.
 */
export interface SignalReceivedEvent {
at: string
candidate?: (IceCandidate | null)
consultation_id: string
description?: (SessionDescription | null)
sender_id: string
seq: number
}
export interface Site {
billing: SiteBilling
currency: string
demo: boolean
name: string
payments: SitePayments
queue: SiteQueue
recording: SiteRecording
wallet: SiteWallet
}
/**
 * The rules as new consultations get them; all in real seconds.
 */
export interface SiteBilling {
free_seconds: number
increment_seconds: number
minimum_minutes_to_start: number
minute_seconds: number
settlement: ("minute" | "second")
top_up_window_seconds: number
}
/**
 * With a `publishable_key` cards are typed into Stripe's own fields; without one only the test cards can be chosen.
 */
export interface SitePayments {
mode: ("test" | "live")
publishable_key: (string | null)
test_payment_methods: TestPaymentMethod[]
}
/**
 * A card to try out what can happen; only in test mode.
 */
export interface TestPaymentMethod {
id: string
label: string
outcome: string
}
/**
 * Waiting in line; in real seconds.
 */
export interface SiteQueue {
reserved_seconds: number
}
/**
 * Whether two people may have their call recorded, and for how long that is kept; 0 days = until it is deleted.
 */
export interface SiteRecording {
is_enabled: boolean
kept_days: number
}
export interface SiteWallet {
top_up_maximum_minor: number
top_up_minimum_minor: number
}
/**
 * `publishing_id`: of the same page's earlier start, which goes on by itself; left out, this page takes over.
 */
export interface StartLivestream {
description: LivestreamOffer
livestream_id: string
publishing_id?: (string | null)
}
/**
 * The lines' amounts sum to `total_cost_minor`; gifts are told apart from what the consultation cost.
 */
export interface Statement {
connected_seconds: number
consultation: ConsultationView
currency: string
gifts: StatementGiftView[]
gifts_minor: number
lines: StatementLineView[]
total_cost_minor: number
}
/**
 * A gift that the client gave in it. `earned_minor` only the reader sees; one that was given back counts no more.
 */
export interface StatementGiftView {
amount_minor: number
at: string
description: string
earned_minor: (number | null)
id: string
is_refunded: boolean
transfer_id: string
}
/**
 * `amount_minor` is cost: positive for a charge or a fee, negative for a refund; `transfer_id` the ledger's record of it.
 * `seconds`: what a charge pays for, how long a pause was. A `mode` line's `reason` is how they talk from there on.
 * `earned_minor` only the reader sees.
 */
export interface StatementLineView {
amount_minor: (number | null)
at: string
description: string
earned_minor: (number | null)
increment: (number | null)
kind: ("charge" | "fee" | "refund" | "pause" | "resume" | "start" | "mode" | "end")
reason: (string | null)
seconds: (number | null)
transfer_id: (string | null)
}
/**
 * `status` is what the reader chose, `effective_status` what others see of it at this moment.
 */
export interface StatusData {
effective_status: ("online" | "busy" | "away" | "offline")
status: ("online" | "away" | "invisible" | "offline")
}
/**
 * What the bank would have answered.
 */
export interface TestConfirmationPayload {
outcome: ("confirmed" | "refused")
}
/**
 * From an instant (now, if it is left out), so many days of 24 hours. `type`: what for; `minutes`: how long.
 */
export interface TimesQuery {
days?: number
from?: (string | null)
minutes?: (number | null)
type?: (("chat" | "call" | "video") | null)
}
/**
 * The most generous first, at most ten.
 */
export interface TopSenderPage {
items: TopSenderView[]
next_cursor: (string | null)
}
/**
 * `now`: of the last ten minutes.
 */
export interface TopSendersQuery {
window?: ("now" | "livestream")
}
/**
 * Without a card, its owner's browser finishes the payment at the provider with the answer's `client_secret`.
 */
export interface TopUpPayload {
amount_minor: number
payment_method?: (string | null)
}
export interface TopUpQuery {
/**
 * Ask the provider for what is needed to finish an open payment
 */
with_client_secret?: boolean
}
export interface TopUpRefundPayload {
amount_minor: number
reason: string
}
export interface TopUpRefundView {
amount_minor: number
created_at: string
currency: string
failure: (string | null)
id: string
reason: string
/**
 * pending until the payment provider has answered
 */
status: ("pending" | "completed" | "failed")
top_up_id: string
}
export interface TopUpView {
amount_minor: number
/**
 * Lets the owner's browser finish the payment at the provider
 */
client_secret: (string | null)
completed_at: (string | null)
created_at: string
currency: string
/**
 * Why it failed, for a person
 */
failure: (string | null)
id: string
refunded_minor: number
status: ("pending" | "completed" | "failed" | "refunded")
}
export interface TranscriptQuery {
format?: ("txt" | "json")
}
/**
 * Newest first.
 */
export interface TransferPage {
items: TransferView[]
next_cursor: (string | null)
}
export interface TransferView {
/**
 * Signed, as the wallet sees it
 */
amount_minor: number
balance_after_minor: number
created_at: string
currency: string
description: string
id: string
reference: ReferenceView
type: ("add_funds" | "session_charge" | "gift_purchase" | "refund" | "payout" | "purchase" | "chargeback" | "promotion" | "adjustment")
}
export interface TransfersQuery {
cursor?: (string | null)
limit?: number
reference_id?: (string | null)
state?: (("pending" | "posted" | "voided") | null)
type?: (("add_funds" | "session_charge" | "gift_purchase" | "refund" | "payout" | "purchase" | "chargeback" | "promotion" | "adjustment") | null)
user_id?: (string | null)
}
export interface TypingChangedEvent {
at: string
consultation_id: string
is_typing: boolean
user_id: string
}
export interface TypingData {
is_typing: boolean
}
/**
 * `url` shows the image to whoever knows it.
 */
export interface UploadView {
byte_size: number
content_type: string
height: number
id: string
url: string
width: number
}
export interface UserPatch {
reason: string
status: ("active" | "suspended" | "banned")
}
/**
 * `q`: beginnings of names or of parts of the address, or an id. `verified` is about readers.
 */
export interface UsersQuery {
cursor?: (string | null)
limit?: number
q?: string
role?: (("client" | "reader" | "admin") | null)
status?: (("active" | "suspended" | "pending" | "banned") | null)
verified?: (boolean | null)
}
export interface VerifyEmailPayload {
token: string
}
export interface WalletChangedEvent {
at: string
balance_minor: number
currency: string
}
export interface WalletView {
balance_minor: number
currency: string
/**
 * Part of the balance that an open dispute keeps from being spent
 */
held_minor: number
}
export interface WatchData {
on: boolean
}
export interface WatchLivestreams {
on: boolean
}
export interface WatchReaders {
on: boolean
}
export interface WebhookReceived {
received?: true
}
