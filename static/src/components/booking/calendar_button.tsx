/** Hands over a booking as a calendar file. */
import { CalendarPlus } from "lucide-preact";
import { useState } from "preact/hooks";
import { asProblem, type Problem } from "../../api/problems";
import type { Consultation } from "../../protocol";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Button } from "../button";
import { ProblemNote } from "../notes";

export function CalendarButton(props: { booking: Consultation }) {
  const { resources } = useServices();
  const [problem, setProblem] = useState<Problem | null>(null);
  const download = async () => {
    setProblem(null);
    try {
      const address = URL.createObjectURL(await resources.calendarFile(props.booking.id));
      const link = document.createElement("a");
      link.href = address;
      link.download = `consultation-${props.booking.id}.ics`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <>
      <Button onPress={download}>
        <CalendarPlus size={18} aria-hidden="true" />
        {texts.bookings.addToCalendar}
      </Button>
      <ProblemNote problem={problem} />
    </>
  );
}
