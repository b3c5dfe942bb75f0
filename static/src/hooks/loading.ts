/** Loads something for a component and says where that stands. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { asProblem, type Problem } from "../api/problems";

export interface Loaded<Value> {
  value: Value | null;
  problem: Problem | null;
  isLoading: boolean;
  reload: () => Promise<void>;
  change: (value: Value) => void;
}

export function useLoaded<Value>(load: () => Promise<Value>, inputs: readonly unknown[]): Loaded<Value> {
  const [state, setState] = useState<{ value: Value | null; problem: Problem | null; isLoading: boolean }>({
    value: null,
    problem: null,
    isLoading: true,
  });
  const round = useRef(0);
  const reload = useCallback(async () => {
    round.current += 1;
    const mine = round.current;
    setState((state) => ({ ...state, isLoading: true }));
    try {
      const value = await load();
      if (mine === round.current) setState({ value, problem: null, isLoading: false });
    } catch (error) {
      if (mine === round.current) setState((state) => ({ ...state, problem: asProblem(error), isLoading: false }));
    }
  }, inputs);
  useEffect(() => {
    setState({ value: null, problem: null, isLoading: true });
    void reload();
    return () => {
      round.current += 1;
    };
  }, [reload]);
  const change = useCallback((value: Value) => setState({ value, problem: null, isLoading: false }), []);
  return { ...state, reload, change };
}

/** Pages of a list, one after another. */
export interface PagedList<Item> {
  items: Item[] | null;
  problem: Problem | null;
  hasMore: boolean;
  loadMore: () => Promise<void>;
  reload: () => Promise<void>;
}

export function usePagedList<Item>(
  load: (cursor: string | null) => Promise<{ items: Item[]; next_cursor: string | null }>,
  inputs: readonly unknown[],
): PagedList<Item> {
  const first = useLoaded(() => load(null), inputs);
  const [more, setMore] = useState<{ items: Item[]; cursor: string | null } | null>(null);
  useEffect(() => setMore(null), [first.value]);
  const cursor = more === null ? (first.value?.next_cursor ?? null) : more.cursor;
  const loadMore = async () => {
    if (cursor === null) return;
    const page = await load(cursor);
    setMore((known) => ({ items: [...(known?.items ?? []), ...page.items], cursor: page.next_cursor }));
  };
  return {
    items: first.value === null ? null : [...first.value.items, ...(more?.items ?? [])],
    problem: first.problem,
    hasMore: cursor !== null,
    loadMore,
    reload: first.reload,
  };
}
