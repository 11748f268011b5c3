// The views that show entities as they are.
import { account } from '../../ledger/entities/account.ts'
import { ticket } from '../../ledger/entities/ticket.ts'
import { trade } from '../../ledger/entities/trade.ts'
import type { Kind } from '../../ledger/kind.ts'
import { entityView } from './entity-view.ts'

export const trades = entityView(trade as unknown as Kind, {
  name: 'trades',
  summary: 'Every trade as it is',
  filters: ['status', 'instrument'],
  columns: {
    owner: 'text',
    instrument: 'text',
    side: 'text',
    quantity: 'decimal',
    price: 'decimal',
    currency: 'text',
    fundingAccountId: 'text',
    strategy: 'text',
    signalId: 'text',
    broker: 'text',
    counterparty: 'text',
    location: 'text',
    contractId: 'text',
    clientReference: 'text',
    status: 'text',
    confirmation: 'text',
    matchedWith: 'text',
    executedQuantity: 'decimal',
    remainingQuantity: 'decimal',
    averagePrice: 'decimal',
    commission: 'decimal',
    executions: 'json',
    held: 'decimal',
    pendingBusts: 'json',
  },
})

export const balances = entityView(account as unknown as Kind, {
  name: 'balances',
  summary: 'Every account as it is: balance, held, available',
  filters: ['currency', 'status'],
})

export const tickets = entityView(ticket as unknown as Kind, {
  name: 'tickets',
  summary: 'Every ticket as it is',
  filters: ['status', 'assignee'],
  columns: {
    owner: 'text',
    subject: 'text',
    description: 'text',
    priority: 'text',
    status: 'text',
    assignee: 'text',
    fields: 'json',
    noteCount: 'integer',
    resolution: 'text',
  },
})
