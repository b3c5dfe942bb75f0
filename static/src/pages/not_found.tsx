/** An address that leads nowhere. */
import { Empty } from "../components/notes";
import { usePageTitle } from "../hooks/page_title";
import { texts } from "../texts";

export default function NotFoundPage() {
  usePageTitle(texts.shell.notFound);
  return (
    <Empty title={texts.shell.notFound} hint={texts.shell.notFoundHint}>
      <a class="button button--primary" href="/">
        {texts.shell.toReaders}
      </a>
    </Empty>
  );
}
