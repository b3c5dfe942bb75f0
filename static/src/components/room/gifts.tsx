/** Gifts in a consultation: the client's way to send one, and the moment when one comes, on both sides. */
import { useEffect, useMemo } from "preact/hooks";
import { GiftMoments } from "../../livestreams/gift_moments";
import { GiftSending } from "../../livestreams/gift_sending";
import { useServices } from "../../services";
import { GiftButton } from "../gifts/gift_button";
import { GiftLayer } from "../gifts/gift_layer";
import type { RoomPart } from "./part";

export function RoomGiftLayer({ consultation }: RoomPart) {
  const { live } = useServices();
  const moments = useMemo(() => new GiftMoments(), []);
  useEffect(() => {
    const stop = live.on("gift.sent", ({ consultation_id, gift }) => {
      if (consultation_id === consultation.id) moments.hear(gift);
    });
    return () => {
      stop();
      moments.close();
    };
  }, [live, consultation.id]);
  return <GiftLayer moments={moments} />;
}

export function RoomGiftButton({ consultation, other, isClient }: RoomPart) {
  const { live, wallet } = useServices();
  const sending = useMemo(
    () => new GiftSending(live, wallet, { consultation_id: consultation.id }, () => undefined),
    [consultation.id],
  );
  if (!isClient) return null;
  return <GiftButton sending={sending} name={other.display_name} isPrivate />;
}
