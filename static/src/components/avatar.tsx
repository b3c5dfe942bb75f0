/** A person's picture, or their initials on a colour that stays theirs. */
const HUES = 8;

export function Avatar(props: { id: string; name: string; url: string | null; size?: "small" | "medium" | "large" }) {
  const size = props.size === undefined || props.size === "medium" ? "" : ` avatar--${props.size}`;
  return (
    <span class={`avatar${size} avatar--hue-${hueOf(props.id)}`} aria-hidden="true">
      {props.url === null || props.url === undefined ? (
        initials(props.name)
      ) : (
        <img src={props.url} alt="" loading="lazy" />
      )}
    </span>
  );
}

function hueOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.charCodeAt(0)) % 9973;
  return sum % HUES;
}

function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => /^\p{L}/u.test(word));
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? "")][0] ?? "");
  return letters.join("").toLocaleUpperCase();
}
