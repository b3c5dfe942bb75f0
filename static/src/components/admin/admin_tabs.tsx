/** The pages of the back office, beside each other. */
import { useLocation } from "preact-iso";
import { texts } from "../../texts";

const PAGES = [
  { path: "/admin", text: texts.studio.adminReaders },
  { path: "/admin/livestreams", text: texts.studio.adminLivestreams },
  { path: "/admin/gift-kinds", text: texts.studio.adminGiftKinds },
];

export function AdminTabs() {
  const { path } = useLocation();
  return (
    <nav class="segments" aria-label={texts.studio.adminTabs}>
      {PAGES.map((page) => (
        <a key={page.path} href={page.path} aria-current={path === page.path ? "page" : undefined}>
          {page.text}
        </a>
      ))}
    </nav>
  );
}
