/** A list of lines that stays at its end while new ones come, unless somebody scrolled up to read. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

const NEAR_END_PX = 120;

export function useFollowedEnd(size: number) {
  const element = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    const list = element.current;
    if (list === null) return;
    const remember = () => {
      isAtEnd.current = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END_PX;
    };
    list.addEventListener("scroll", remember, { passive: true });
    // The keyboard of a phone makes the list smaller; the end stays in view.
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current) list.scrollTop = list.scrollHeight;
    });
    observer.observe(list);
    return () => {
      list.removeEventListener("scroll", remember);
      observer.disconnect();
    };
  }, []);
  useLayoutEffect(() => {
    const list = element.current;
    if (list !== null && isAtEnd.current) list.scrollTop = list.scrollHeight;
  }, [size]);
  return element;
}
