"""validate"""

from sim.loading import load_scenario

NEEDED = (
    "none",
    "no_contract",
    "plan_advice",
    "group_tariff",
    "win_back_both",
    "win_back_price",
    "win_back_upgrade",
    "save_desk",
    "points",
    "contract",
    "price_cut",
    "proactive_random",
    "proactive_risk",
    "proactive_uplift",
    "proactive_oracle",
)


def scenario_of(name, overrides):
    return load_scenario(name, [f"policies=[{chr(44).join(NEEDED)}]", "panel.share=1", "panel.truth=true", "customers.count=20000", "months=60", *overrides])
