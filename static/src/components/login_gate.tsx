/** Shows a page only to who is logged in; everybody else is sent to log in and brought back afterwards. */

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { User } from "../protocol";
import { useServices } from "../services";
import { Skeleton } from "./notes";

export function LoginGate(props: { children: (user: User) => ComponentChildren }) {
  const { login } = useServices();
  const { url, route } = useLocation();
  const state = login.state.value;
  useEffect(() => {
    if (state.kind !== "anonymous") return;
    const reason = state.isExpired ? "&expired=1" : "";
    route(`/login?next=${encodeURIComponent(url)}${reason}`, true);
  }, [state.kind]);
  if (state.kind !== "logged_in") return <Skeleton shape="page" />;
  return <>{props.children(state.user)}</>;
}
