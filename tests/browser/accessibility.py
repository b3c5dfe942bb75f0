"""axe-core on the page as it stands: names, labels, roles and contrast by WCAG A and AA."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.browser.browsers import PROJECT
from tests.browser.visitors import Visitor

AXE = PROJECT / "static" / "node_modules" / "axe-core" / "axe.min.js"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


@cache
def _read_axe() -> str:
    return AXE.read_text()


async def check_accessibility(visitor: Visitor, *, rules: list[str] | None = None) -> None:
    """`rules`: only these; otherwise everything that the standards ask for and a program can find."""
    # Evaluated through the debugger: the page's own policy neither forbids it nor is loosened for it.
    await visitor.page.evaluate(f"() => {{ if (!window.axe) {{ {_read_axe()} }} }}")
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    options["runOnly"] = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": STANDARDS}
    # Colours in the middle of a transition are nobody's choice.
    found = await visitor.page.evaluate(
        """async (options) => {
            const passing = document.getAnimations()
                .filter((animation) => animation.effect.getComputedTiming().iterations !== Infinity);
            await Promise.allSettled(passing.map((animation) => animation.finished));
            const { violations } = await axe.run(document, options);
            return violations.flatMap(({ id, nodes }) => nodes.map((node) =>
                `${id}: ${node.html.slice(0, 160)}: ${node.any.concat(node.all).map((check) => check.message).join("; ")}`));
        }""",
        options,
    )
    assert found == [], f"{visitor.page.url}:\n" + "\n".join(found)
