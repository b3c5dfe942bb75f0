/** A gift's picture, still or moving. */
import "../../styles/gifts.css";

/** Each of our own pictures has a movement of its own; any other rises and settles. */
const OWN = /^\/gifts\/([a-z-]+)\.svg$/;

export function GiftPicture(props: {
  imageUrl: string;
  animationUrl?: string | null;
  size?: "small" | "medium" | "large";
  isMoving?: boolean;
}) {
  const slug = OWN.exec(props.imageUrl)?.[1] ?? "other";
  const movement = props.isMoving ? ` gift-picture--moving gift-picture--${slug}` : "";
  const source = props.isMoving && props.animationUrl ? props.animationUrl : props.imageUrl;
  return <img class={`gift-picture gift-picture--${props.size ?? "medium"}${movement}`} src={source} alt="" />;
}
