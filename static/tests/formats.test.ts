import { describe, expect, test } from "vitest";
import { safeNext } from "../src/texts/addresses";
import { editableMoney, formatClock, formatDay, formatMoney, parseMoney } from "../src/texts/formats";

describe("money", () => {
  test("is shown from minor units with as many digits as the currency has", () => {
    expect(formatMoney(399, "USD")).toBe("$3.99");
    expect(formatMoney(399, "JPY")).toBe("¥399");
    expect(formatMoney(-798, "USD", { isSigned: true })).toBe("-$7.98");
  });

  test.each([
    ["10", 1000],
    ["3.99", 399],
    ["3,5", 350],
    [" 0.05 ", 5],
    ["3.999", null],
    ["-1", null],
    ["1e3", null],
    ["", null],
  ])("typed as %j is %j minor units", (text, expected) => {
    expect(parseMoney(text, "USD")).toBe(expected);
  });

  test("survives being edited and read again", () => {
    for (const minor of [0, 5, 50, 399, 100_000]) expect(parseMoney(editableMoney(minor, "USD"), "USD")).toBe(minor);
  });
});

test("clocks have two-digit seconds, and hours only when there are any", () => {
  expect([7, 760, 3723].map(formatClock)).toEqual(["0:07", "12:40", "1:02:03"]);
});

test("days near now have names", () => {
  const now = new Date(2026, 4, 10, 12);
  expect(formatDay(new Date(2026, 4, 10, 1).toISOString(), now)).toBe("Today");
  expect(formatDay(new Date(2026, 4, 9, 23).toISOString(), now)).toBe("Yesterday");
  expect(formatDay(new Date(2026, 4, 1).toISOString(), now)).toContain("2026");
});

test.each([
  ["/wallet", "/wallet"],
  ["//evil.example", null],
  ["/\\evil.example", null],
  ["https://evil.example", null],
  ["/login?next=/", null],
  [null, null],
])("after a login, %j leads to %j", (next, expected) => {
  expect(safeNext(next)).toBe(expected);
});
