// One line per kind: its commands; registry.ts finds them here.
export { accountCommands } from './account.ts'
export { backtestCommands } from './backtest.ts'
export { barCommands } from './bar.ts'
export { signalCommands } from './signal.ts'
export { ticketCommands } from './ticket.ts'
export { tradeCommands } from './trade.ts'
