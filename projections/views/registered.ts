// One line per view; index.ts finds them here.
export { auditTrail } from './audit-trail.ts'
export { bars } from './bars.ts'
export { balances, tickets, trades } from './entities.ts'
export { market } from './market.ts'
export { portfolioRisk } from './portfolio-risk.ts'
export { positions } from './positions.ts'
