/** The bar at the top of every page, and the tabs at the bottom on phones: the same links. */
import {
  CalendarClock,
  CircleUserRound,
  LayoutDashboard,
  type LucideIcon,
  Radio,
  ShieldCheck,
  Users,
  Wallet,
} from "lucide-preact";
import { useLocation } from "preact-iso";
import icon from "../icon.svg";
import { useServices } from "../services";
import { texts } from "../texts";
import { formatMoney } from "../texts/formats";
import { BellLink } from "./notifications/bell_link";

interface PageLink {
  path: string;
  text: string;
  icon: LucideIcon;
}

export function TopBar() {
  const { login, wallet, site } = useServices();
  const user = login.user;
  const links = useLinks();
  const balance = wallet.value.value;
  const isClient = user?.role === "client";
  return (
    <header class="top-bar">
      <div class="top-bar__inner">
        <a class="brand" href="/">
          <img src={icon} alt="" />
          {site.value?.name ?? "SoulSeer"}
        </a>
        <nav class="top-bar__links" aria-label={texts.shell.mainNavigation}>
          <PageLinks links={links} hasIcons={false} />
        </nav>
        <div class="top-bar__end">
          <BellLink />
          {isClient && balance !== null && (
            <a
              class="balance-chip"
              href="/wallet"
              aria-label={texts.shell.balance(formatMoney(balance.balance_minor, balance.currency))}
            >
              <Wallet size={18} aria-hidden="true" />
              {formatMoney(balance.balance_minor, balance.currency)}
            </a>
          )}
          {login.state.value.kind === "anonymous" && (
            <>
              <a class="button button--quiet" href="/login">
                {texts.shell.logIn}
              </a>
              <a class="button button--primary hides-on-phone" href="/register">
                {texts.shell.register}
              </a>
            </>
          )}
        </div>
      </div>
    </header>
  );
}

export function TabBar() {
  const links = useLinks();
  if (links.length < 2) return null;
  return (
    <nav class="tab-bar" aria-label={texts.shell.mainNavigation}>
      <PageLinks links={links} hasIcons={true} />
    </nav>
  );
}

function PageLinks(props: { links: PageLink[]; hasIcons: boolean }) {
  const { path } = useLocation();
  return props.links.map((link) => (
    <a key={link.path} href={link.path} aria-current={isAt(path, link.path) ? "page" : undefined}>
      {props.hasIcons && <link.icon size={22} aria-hidden="true" />}
      {link.text}
    </a>
  ));
}

function isAt(path: string, linkPath: string): boolean {
  if (linkPath === "/") return path === "/" || path.startsWith("/readers");
  return path === linkPath || path.startsWith(`${linkPath}/`);
}

function useLinks(): PageLink[] {
  const role = useServices().login.user?.role;
  const readers: PageLink = { path: "/", text: texts.shell.readers, icon: Users };
  const live: PageLink = { path: "/live", text: texts.shell.live, icon: Radio };
  if (role === undefined) return [readers, live];
  const consultations: PageLink = { path: "/consultations", text: texts.shell.history, icon: CalendarClock };
  const account: PageLink = { path: "/account", text: texts.shell.account, icon: CircleUserRound };
  const links = [readers, live, consultations];
  if (role === "reader") links.unshift({ path: "/desk", text: texts.shell.desk, icon: LayoutDashboard });
  if (role === "client") links.push({ path: "/wallet", text: texts.shell.wallet, icon: Wallet });
  if (role === "admin") links.push({ path: "/admin", text: texts.shell.admin, icon: ShieldCheck });
  return [...links, account];
}
