// One line per kind; index.ts finds them here.
export { account } from './account.ts'
export { backtest } from './backtest.ts'
export { bar } from './bar.ts'
export { deadletter } from './deadletter.ts'
export { signal } from './signal.ts'
export { ticket } from './ticket.ts'
export { trade } from './trade.ts'
