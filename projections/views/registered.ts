// One line per view; index.ts finds them here.
export { auditTrail } from './audit-trail.ts'
export { balances, tickets, trades } from './entities.ts'
export { portfolioRisk } from './portfolio-risk.ts'
export { positions } from './positions.ts'
