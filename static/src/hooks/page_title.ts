/** Says in the browser's tab which page this is. */
import { useEffect } from "preact/hooks";
import { useServices } from "../services";

export function usePageTitle(title: string): void {
  const { site } = useServices();
  const siteName = site.value?.name ?? "SoulSeer";
  useEffect(() => {
    document.title = title === "" ? siteName : `${title} · ${siteName}`;
  }, [title, siteName]);
}
