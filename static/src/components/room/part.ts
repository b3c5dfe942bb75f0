/** What every part of the room is given. */
import type { Consultation, Participant } from "../../protocol";
import type { Room } from "../../rooms/room";

export interface RoomPart {
  room: Room;
  consultation: Consultation;
  other: Participant;
  isClient: boolean;
  ownId: string;
}
