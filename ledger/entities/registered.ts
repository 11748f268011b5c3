// One line per kind; index.ts finds them here.
export { account } from './account.ts'
export { bar } from './bar.ts'
export { deadletter } from './deadletter.ts'
export { ticket } from './ticket.ts'
export { trade } from './trade.ts'
