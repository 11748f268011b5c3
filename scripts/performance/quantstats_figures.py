# What QuantStats makes of closed trades: a JSON object per line in, {"trades": [...], "days": [...]}: profit and loss per trade, and per day; its figures per line out.
import json
import sys

import numpy as np
import pandas as pd
import quantstats.stats as qs


def series(values):
    return pd.Series(values, index=pd.date_range("2026-01-01", periods=len(values)))


def drawdown(trades):
    """It knows falls of prices only, as a part of the highest before: of the exponential of a sum they are the falls of the sum."""
    scale = 1 / max(abs(np.cumsum(trades)))
    prices = series(np.exp(scale * np.cumsum([0.0, *trades])))
    return -np.log1p(qs.max_drawdown(prices)) / scale


for line in sys.stdin:
    given = json.loads(line)
    trades = series(given["trades"])
    print(
        json.dumps(
            {
                "winRate": float(qs.win_rate(trades)),
                "profitFactor": float(qs.profit_factor(trades)),
                "averageWin": float(qs.avg_win(trades)),
                "averageLoss": float(qs.avg_loss(trades)),
                "maxDrawdown": float(drawdown(given["trades"])),
                "sharpeRatio": float(qs.sharpe(series(given["days"]))),
            }
        ),
        flush=True,
    )
