/** The way two people talk, as a picture beside its word. */
import { MessageCircle, Phone, Video } from "lucide-preact";
import type { ConsultationType } from "../protocol";

const ICONS = { chat: MessageCircle, call: Phone, video: Video };

export function TypeIcon(props: { type: ConsultationType; size?: number }) {
  const Icon = ICONS[props.type];
  return <Icon size={props.size ?? 18} aria-hidden="true" />;
}
