// One line per view; index.ts finds them here. Some are views of documents, too: the same definition, in tables.
export { tickets, trades } from '../views/entities.ts'
export { portfolioRisk } from '../views/portfolio-risk.ts'
export { positions } from '../views/positions.ts'
export { accounts } from './accounts.ts'
export { executions } from './executions.ts'
export { ticketStates } from './ticket-states.ts'
export { tradeResults } from './trade-results.ts'
export { versions } from './versions.ts'
