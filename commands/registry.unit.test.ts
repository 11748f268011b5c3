import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { kindNamed, kinds } from '../ledger/entities/index.ts'
import { commandNamed, commands } from './registry.ts'
import { rejections } from './rejection.ts'

test('every kind is registered under its own name, every command once, with a kind and a route', () => {
  for (const [name, kind] of Object.entries(kinds)) assert.equal(kind.kind, name)
  assert.equal(kindNamed('constructor'), undefined)
  assert.equal(commandNamed('constructor'), undefined)
  assert.equal(new Set(commands.map(({ name }) => name)).size, commands.length)
  assert.equal(new Set(commands.map(({ route }) => route)).size, commands.length)
  for (const command of commands) {
    assert.equal(commandNamed(command.name), command)
    assert.ok(kindNamed(command.kind))
    assert.equal(
      [command.route.includes('{id}'), command.creates !== undefined, command.entityIn !== undefined].filter(Boolean).length,
      1,
      command.name,
    )
  }
})

test("the contract's commands", () => {
  const names = commands.map(({ name }) => name)
  const contract = [
    'AddNote', 'AmendTrade', 'BreakMatch', 'BustExecution', 'CancelTrade', 'CloseAccount', 'CloseTicket', 'ConfirmTrade', 'Deposit', 'EditTicket', 'HoldFunds', 'MatchTrades', 'OpenAccount', 'OpenTicket', 'RecordExecution',
    'ReduceTrade', 'ReleaseFunds', 'ReopenTicket', 'SettleTrade', 'SubmitTrade', 'TransferFunds', 'Withdraw',
  ] // prettier-ignore
  assert.deepEqual(
    contract.filter((name) => !names.includes(name)),
    [],
  )
})

test('every schema can be described', () => {
  for (const { data } of commands) z.toJSONSchema(data, { io: 'input' })
  for (const { state, events } of Object.values(kinds)) for (const schema of [state, ...Object.values(events)]) z.toJSONSchema(schema)
})

test('every rejection says what it means in a sentence', () => {
  for (const meaning of Object.values(rejections)) assert.match(meaning, /^[A-Z].+\.$/)
})
