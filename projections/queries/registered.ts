// One line per query; index.ts finds them here.
export { averagePnl } from './average-pnl.ts'
export { portfolioRisk } from './portfolio-risk.ts'
export { positions } from './positions.ts'
export { tradeHistory } from './trade-history.ts'
