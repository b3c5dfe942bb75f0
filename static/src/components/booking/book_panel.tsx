/** On a reader's page: the way to a time that suits, beside the one that starts now. */
import { CalendarClock } from "lucide-preact";
import { useState } from "preact/hooks";
import type { ReaderProfile } from "../../protocol";
import { texts } from "../../texts";
import { Button } from "../button";
import { BookDialog } from "./book_dialog";

export function BookPanel(props: { reader: ReaderProfile }) {
  const { reader } = props;
  const [isOpen, setOpen] = useState(false);
  const offersSomething = Object.values(reader.rates).some((rate) => rate !== null);
  if (!offersSomething) return null;
  return (
    <section class="card stack stack--tight" aria-label={texts.bookings.title}>
      <p class="soft">{texts.bookings.intro(reader.display_name)}</p>
      <Button isWide onPress={() => setOpen(true)}>
        <CalendarClock size={18} aria-hidden="true" />
        {texts.bookings.open}
      </Button>
      {isOpen && <BookDialog reader={reader} onClose={() => setOpen(false)} />}
    </section>
  );
}
