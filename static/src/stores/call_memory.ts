/** What this browser remembers about calls: how its owner likes to join, and which call this tab was in. */

/** What is on. */
export interface OpenDevices {
  camera: boolean;
  microphone: boolean;
}

export interface JoiningChoice extends OpenDevices {
  /** Join at once, without the check, wherever the browser allows the devices already. */
  skipCheck: boolean;
}

const CHOICE = "soulseer.joining";
const JOINED_CALL = "soulseer.joined_call";
const SHORTCUTS_OFF = "soulseer.shortcuts_off";

export class CallMemory {
  constructor(
    private readonly storage: Storage,
    /** Of the tab: it survives a reload and nothing else. */
    private readonly tabStorage: Storage,
  ) {}

  readChoice(): JoiningChoice {
    const { camera, microphone, skipCheck } = readObject(this.storage, CHOICE);
    return { camera: camera !== false, microphone: microphone !== false, skipCheck: skipCheck === true };
  }

  keepChoice(choice: JoiningChoice): void {
    this.storage.setItem(CHOICE, JSON.stringify(choice));
  }

  /** Null: this tab was not in that call. */
  readJoined(consultationId: string): OpenDevices | null {
    const { id, camera, microphone } = readObject(this.tabStorage, JOINED_CALL);
    return id === consultationId ? { camera: camera === true, microphone: microphone === true } : null;
  }

  keepJoined(consultationId: string, open: OpenDevices): void {
    const { camera, microphone } = open;
    this.tabStorage.setItem(JOINED_CALL, JSON.stringify({ id: consultationId, camera, microphone }));
  }

  forgetJoined(): void {
    this.tabStorage.removeItem(JOINED_CALL);
  }

  areShortcutsOn(): boolean {
    return this.storage.getItem(SHORTCUTS_OFF) === null;
  }

  setShortcuts(isOn: boolean): void {
    if (isOn) this.storage.removeItem(SHORTCUTS_OFF);
    else this.storage.setItem(SHORTCUTS_OFF, "1");
  }
}

function readObject(storage: Storage, key: string): Record<string, unknown> {
  try {
    const kept: unknown = JSON.parse(storage.getItem(key) ?? "{}");
    return typeof kept === "object" && kept !== null ? (kept as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
