/** A reader's public profile, with the price said beside the button that starts a consultation. */
import { useRoute } from "preact-iso";
import { BookPanel } from "../components/booking/book_panel";
import { Empty, ProblemNote, Skeleton } from "../components/notes";
import { ReaderAbout, ReaderHead } from "../components/reader_about";
import { ReaderAvailability } from "../components/reader_availability";
import { ReaderReviews } from "../components/reader_reviews";
import { StartPanel } from "../components/start_panel";
import { useLiveReaders, withLivestream } from "../hooks/livestream_changes";
import { useLoaded } from "../hooks/loading";
import { usePageTitle } from "../hooks/page_title";
import { useReaderStatuses } from "../hooks/reader_statuses";
import { useServices } from "../services";
import { texts } from "../texts";
import "../styles/directory.css";

export default function ReaderPage() {
  const { resources } = useServices();
  const id = useRoute().params.id ?? "";
  const loaded = useLoaded(() => resources.reader(id), [id]);
  const statuses = useReaderStatuses(loaded.reload);
  const livestreams = useLiveReaders();
  usePageTitle(loaded.value?.display_name ?? "");
  if (loaded.problem?.status === 404 || loaded.problem?.status === 422) {
    return (
      <Empty title={texts.shell.notFound} hint={texts.shell.notFoundHint}>
        <a class="button" href="/">
          {texts.shell.toReaders}
        </a>
      </Empty>
    );
  }
  if (loaded.value === null) {
    return loaded.problem === null ? (
      <Skeleton shape="page" />
    ) : (
      <ProblemNote problem={loaded.problem} onRetry={loaded.reload} />
    );
  }
  const reader = withLivestream({ ...loaded.value, ...statuses[id] }, livestreams);
  return (
    <div class="profile">
      <ReaderHead reader={reader} />
      <aside class="profile__start stack">
        <StartPanel reader={reader} />
        <BookPanel reader={reader} />
      </aside>
      <div class="stack stack--loose">
        <ReaderAbout reader={reader} />
        <ReaderReviews reader={reader} />
        <ReaderAvailability readerId={reader.id} />
      </div>
    </div>
  );
}
