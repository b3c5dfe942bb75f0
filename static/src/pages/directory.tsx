/** Everyone who can be asked, with filters that live in the address. */
import { Search } from "lucide-preact";
import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { ReaderFilters } from "../api/resources";
import { Button } from "../components/button";
import { Empty, ProblemNote, Skeleton } from "../components/notes";
import { ReaderCardLink } from "../components/reader_card";
import { useLiveReaders, withLivestream } from "../hooks/livestream_changes";
import { useLoaded, usePagedList } from "../hooks/loading";
import { usePageTitle } from "../hooks/page_title";
import { type ReaderStatuses, useReaderStatuses } from "../hooks/reader_statuses";
import type { ReaderCard } from "../protocol";
import { useServices } from "../services";
import { texts } from "../texts";
import "../styles/directory.css";
import { DirectoryFilters } from "../components/directory_filters";

const TYPING_PAUSE_MS = 350;

export default function DirectoryPage() {
  usePageTitle(texts.readers.title);
  const { resources } = useServices();
  const { filters, query, changeFilter, clear } = useFiltersInAddress();
  const list = usePagedList((cursor) => resources.listReaders(filters, cursor), [query, filters.followed]);
  const facets = useLoaded(() => resources.readerFacets(), []);
  const statuses = useReaderStatuses(list.reload);
  const livestreams = useLiveReaders();
  const readers =
    withStatuses(list.items, statuses, filters.status)?.map((reader) => withLivestream(reader, livestreams)) ?? null;
  return (
    <div class="stack">
      <header class="directory-head">
        <h1>{texts.readers.headline}</h1>
        <p class="soft">{texts.readers.intro}</p>
      </header>
      <search class="stack">
        <SearchField value={filters.q ?? ""} onChange={(q) => changeFilter("q", q)} />
        <DirectoryFilters filters={filters} facets={facets.value} onChange={changeFilter} />
      </search>
      <ProblemNote problem={list.problem} onRetry={list.reload} />
      {readers !== null && (
        <p class="faint" role="status">
          {texts.readers.found(readers.length, list.hasMore)}
        </p>
      )}
      <div class="reader-grid">
        {readers === null && list.problem === null && <Skeleton shape="card" count={6} />}
        {readers?.map((reader) => (
          <ReaderCardLink key={reader.id} reader={reader} />
        ))}
      </div>
      {readers?.length === 0 && (
        <NobodyFound isFollowed={filters.followed === true} isFiltered={query !== ""} onClear={clear} />
      )}
      {list.hasMore && (
        <div class="row centered">
          <Button onPress={list.loadMore}>{texts.shell.showMore}</Button>
        </div>
      )}
    </div>
  );
}

function NobodyFound(props: { isFiltered: boolean; isFollowed: boolean; onClear: () => void }) {
  if (props.isFollowed) {
    return (
      <Empty title={texts.notifications.noneFollowed} hint={texts.notifications.noneFollowedHint}>
        <Button onPress={props.onClear}>{texts.readers.clearFilters}</Button>
      </Empty>
    );
  }
  if (!props.isFiltered) return <Empty title={texts.readers.noneAtAll} hint={texts.readers.noneAtAllHint} />;
  return (
    <Empty title={texts.readers.noneFree} hint={texts.readers.noneFreeHint}>
      <Button onPress={props.onClear}>{texts.readers.clearFilters}</Button>
    </Empty>
  );
}

function SearchField(props: { value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(props.value);
  useEffect(() => setText(props.value), [props.value]);
  useEffect(() => {
    if (text === props.value) return;
    const timer = setTimeout(() => props.onChange(text), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <label class="search-field">
      <span class="for-screen-readers">{texts.readers.search}</span>
      <Search size={20} aria-hidden="true" />
      <input
        class="input"
        type="search"
        maxLength={100}
        placeholder={texts.readers.search}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </label>
  );
}

function useFiltersInAddress() {
  const { url, path, route } = useLocation();
  const isAnonymous = useServices().login.state.value.kind === "anonymous";
  const parameters = new URLSearchParams(url.split("?")[1] ?? "");
  const text = (name: string) => parameters.get(name) || undefined;
  const maximum = Number(text("max_rate_minor"));
  const filters: ReaderFilters = {
    // Only who is logged in follows anybody.
    followed: (!isAnonymous && text("followed") === "true") || undefined,
    q: text("q"),
    status: text("status"),
    specialty: text("specialty"),
    language: text("language"),
    sort: text("sort"),
    max_rate_minor: Number.isSafeInteger(maximum) && maximum > 0 ? maximum : undefined,
  };
  const changeFilter = (name: keyof ReaderFilters, value: string) => {
    if (value === "") parameters.delete(name);
    else parameters.set(name, value);
    const query = parameters.toString();
    route(query === "" ? path : `${path}?${query}`, true);
  };
  return { filters, query: parameters.toString(), changeFilter, clear: () => route(path, true) };
}

/** Live statuses win over the listed ones; with "free now" chosen, who stops being free leaves the list. */
function withStatuses(readers: ReaderCard[] | null, statuses: ReaderStatuses, wanted: string | undefined) {
  if (readers === null) return null;
  return readers
    .map((reader) => ({ ...reader, ...statuses[reader.id] }))
    .filter((reader) => wanted === undefined || reader.status === wanted);
}
