import { expect, test } from "vitest";
import type { LivestreamMessage } from "../../src/livestreams/protocol";
import { emptyLivestream, lastSeq, reduceLivestream } from "../../src/livestreams/state";
import { LIVESTREAM_ID, own } from "../support/livestream_samples";
import { ModelLivestream } from "../support/model_livestream";

/** Small and repeatable: a seed that fails can be run again. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

function act(model: ModelLivestream, random: () => number): void {
  const choice = random();
  if (choice < 0.5) model.say(`text ${model.lines.length}`);
  else if (choice < 0.65) model.give();
  else if (choice < 0.75) model.delete(1 + Math.floor(random() * model.lines.length));
  else if (choice < 0.85) model.change("changed", { title: `title ${model.livestream.version}` });
  else if (choice < 0.95) model.change("paused", { is_paused: true, pause_reason: "connection" });
  else model.change("resumed", { is_paused: false, pause_reason: null });
}

for (let seed = 1; seed <= 60; seed += 1) {
  test(`whatever is lost, doubled or late, one join more makes both sides agree (seed ${seed})`, async () => {
    const random = makeRandom(seed);
    const model = new ModelLivestream();
    let state = emptyLivestream(LIVESTREAM_ID, own.id);
    const join = async () => {
      const after = lastSeq(state);
      const about = { livestream_id: LIVESTREAM_ID, ...(after === null ? {} : { after_seq: after }) };
      const joined = (await model.live.send("livestream.join", about)) as never;
      state = reduceLivestream(state, { kind: "joined", joined, isFresh: after === null });
    };
    await join();
    const late: number[] = [];
    for (let step = 0; step < 80; step += 1) {
      act(model, random);
      const index = model.told.length - 1;
      const chance = random();
      if (chance < 0.15) continue;
      if (chance < 0.3) late.push(index);
      const events = chance < 0.45 ? [index, index] : [index];
      if (chance >= 0.15 && chance < 0.3) events.pop();
      if (late.length > 0 && random() < 0.3) events.push(late.shift() ?? index);
      for (const at of events) {
        const event = model.told[at];
        const before = state;
        if (event !== undefined) state = reduceLivestream(state, { kind: "event", event });
        expect(lastSeq(state) ?? 0).toBeGreaterThanOrEqual(lastSeq(before) ?? 0);
        expect(state.livestream?.version ?? 0).toBeGreaterThanOrEqual(before.livestream?.version ?? 0);
        expect(state.messages.map(({ seq }) => seq)).toEqual(state.messages.map((_, at) => at + 1));
      }
      if (random() < 0.1) await join();
    }
    await join();
    const { title, is_paused, version, last_seq } = model.snapshot();
    expect(state.livestream).toMatchObject({ title, is_paused, version, last_seq });
    const told = ({ id, content, is_deleted: isDeleted }: LivestreamMessage) => ({ id, content, isDeleted });
    expect(state.messages.map(told)).toEqual(model.lines.map(told));
    expect(state.ahead).toEqual([]);
  });
}
