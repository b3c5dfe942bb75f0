/** The shell around every page, and which address shows which page. Each page is a file of its own, loaded when first needed. */

import type { ComponentChildren } from "preact";
import { useEffect, useErrorBoundary, useRef } from "preact/hooks";
import { ErrorBoundary, LocationProvider, Route, Router, useLocation } from "preact-iso";
import { BookingBars } from "./components/booking/booking_bars";
import { IncomingRequest } from "./components/incoming_request";
import { NoticeList } from "./components/notice_list";
import { PushOffer } from "./components/notifications/push_offer";
import { ConnectionBar, LiveConsultationBar, TestModeBar } from "./components/page_bars";
import { QueueBars } from "./components/queue/queue_bars";
import { Turn } from "./components/queue/turn";
import { OwnLivestreamBar } from "./components/studio/livestream_bar";
import { TabBar, TopBar } from "./components/top_bar";
import { lazyPage, PageFailed } from "./pages/loading";
import { type Services, ServicesContext, useServices } from "./services";
import { texts } from "./texts";

const Directory = lazyPage(() => import("./pages/directory"));
const Reader = lazyPage(() => import("./pages/reader"));
const LogIn = lazyPage(() => import("./pages/login"));
const Register = lazyPage(() => import("./pages/register"));
const VerifyEmail = lazyPage(() => import("./pages/verify_email"));
const ResetPassword = lazyPage(() => import("./pages/reset_password"));
const Room = lazyPage(() => import("./pages/room"));
const Wallet = lazyPage(() => import("./pages/wallet"));
const Consultations = lazyPage(() => import("./pages/consultations"));
const ConsultationPage = lazyPage(() => import("./pages/consultation"));
const Desk = lazyPage(() => import("./pages/desk"));
const Account = lazyPage(() => import("./pages/account"));
const Studio = lazyPage(() => import("./pages/studio"));
const Live = lazyPage(() => import("./pages/live"));
const LivestreamPage = lazyPage(() => import("./pages/livestream"));
const GiftPage = lazyPage(() => import("./pages/gift"));
const Admin = lazyPage(() => import("./pages/admin"));
const AdminLivestreams = lazyPage(() => import("./pages/admin_livestreams"));
const AdminGiftKinds = lazyPage(() => import("./pages/admin_gift_kinds"));
const Notifications = lazyPage(() => import("./pages/notifications"));
const NotFound = lazyPage(() => import("./pages/not_found"));

export function App(props: { services: Services }) {
  return (
    <ServicesContext.Provider value={props.services}>
      <LocationProvider>
        <Shell />
      </LocationProvider>
    </ServicesContext.Provider>
  );
}

function Shell() {
  const { path } = useLocation();
  const { site } = useServices();
  const isRoom = path.startsWith("/room/");
  return (
    <div class={`shell${isRoom ? " shell--room" : ""}`}>
      <a class="skip-link" href="#content" target="_self">
        {texts.shell.skipToContent}
      </a>
      <section aria-label={texts.shell.siteNotices}>
        <TestModeBar />
      </section>
      {!isRoom && <TopBar />}
      <section aria-label={texts.shell.consultationNotices}>
        <LiveConsultationBar />
        <OwnLivestreamBar />
        <BookingBars />
        <QueueBars />
        {!isRoom && <ConnectionBar />}
      </section>
      <Main>
        <PageBoundary>
          <ErrorBoundary>
            <Router>
              <Route path="/" component={Directory} />
              <Route path="/readers/:id" component={Reader} />
              <Route path="/login" component={LogIn} />
              <Route path="/register" component={Register} />
              <Route path="/verify-email" component={VerifyEmail} />
              <Route path="/reset-password" component={ResetPassword} />
              <Route path="/room/:id" component={Room} />
              <Route path="/live" component={Live} />
              <Route path="/live/:id" component={LivestreamPage} />
              <Route path="/wallet" component={Wallet} />
              <Route path="/wallet/gifts/:id" component={GiftPage} />
              <Route path="/consultations" component={Consultations} />
              <Route path="/consultations/:id" component={ConsultationPage} />
              <Route path="/desk" component={Desk} />
              <Route path="/account" component={Account} />
              <Route path="/notifications" component={Notifications} />
              <Route path="/studio" component={Studio} />
              <Route path="/admin" component={Admin} />
              <Route path="/admin/livestreams" component={AdminLivestreams} />
              <Route path="/admin/gift-kinds" component={AdminGiftKinds} />
              <Route default component={NotFound} />
            </Router>
          </ErrorBoundary>
        </PageBoundary>
      </Main>
      {!isRoom && <footer class="footer">{texts.shell.footer(site.value?.name ?? "SoulSeer")}</footer>}
      {!isRoom && <TabBar />}
      <IncomingRequest />
      <Turn />
      <PushOffer />
      <NoticeList />
    </div>
  );
}

/** Moves focus to the new page after a navigation, so that a screen reader does not stay on the old link. */
function Main(props: { children: ComponentChildren }) {
  const { path } = useLocation();
  const element = useRef<HTMLElement>(null);
  const firstPath = useRef<string | null>(path);
  useEffect(() => {
    if (firstPath.current === path) return;
    firstPath.current = null;
    element.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [path]);
  return (
    <main id="content" class="shell__main" tabIndex={-1} ref={element}>
      {props.children}
    </main>
  );
}

function PageBoundary(props: { children: ComponentChildren }) {
  const [error] = useErrorBoundary((problem) => console.error(problem));
  if (error === undefined) return <>{props.children}</>;
  return <PageFailed />;
}
