/** Our tokens in Stripe's words, so that its fields look like ours in light and dark. */
import type { Appearance } from "@stripe/stripe-js";

const DARK = "(prefers-color-scheme: dark)";

export function readAppearance(page: Window): Appearance {
  const styles = page.getComputedStyle(page.document.documentElement);
  const token = (name: string) => styles.getPropertyValue(`--${name}`).trim();
  const focus = { borderColor: token("accent"), boxShadow: `0 0 0 1px ${token("accent")}` };
  return {
    theme: page.matchMedia(DARK).matches ? "night" : "stripe",
    disableAnimations: page.matchMedia("(prefers-reduced-motion: reduce)").matches,
    variables: {
      colorPrimary: token("accent"),
      colorBackground: token("surface"),
      colorText: token("ink"),
      colorTextSecondary: token("ink-soft"),
      colorTextPlaceholder: token("ink-faint"),
      colorDanger: token("danger"),
      fontFamily: token("sans"),
      // 16 px, so that phones do not zoom in.
      fontSizeBase: "16px",
      spacingUnit: token("space-1"),
      borderRadius: token("radius-m"),
    },
    rules: {
      ".Label": { fontWeight: "600", color: token("ink") },
      ".Input": { border: `1px solid ${token("line-strong")}`, boxShadow: "none" },
      ".Input:focus": focus,
      ".Tab": { border: `1px solid ${token("line-strong")}`, boxShadow: "none" },
      ".Tab--selected": focus,
    },
  };
}

/** Calls back at each change between light and dark, until stopped. */
export function watchAppearance(page: Window, change: (appearance: Appearance) => void): () => void {
  const dark = page.matchMedia(DARK);
  const tell = () => change(readAppearance(page));
  dark.addEventListener("change", tell);
  return () => dark.removeEventListener("change", tell);
}
