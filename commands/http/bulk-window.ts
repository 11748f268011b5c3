// The heart of bulk: lines come in, answers go out, in the same order and at the same time. Between them is a window of lines that are read and not yet written: while it is full nothing is read,
// and while nobody takes the answers nothing leaves it. So memory is bounded whatever the client does, and a slow client slows down nobody else.
import { Readable } from 'node:stream'
import type { Answer } from '../submit/answer.ts'
import { BULK_WRITE_CHARACTERS, MAX_BULK_WINDOW_BYTES, MAX_BULK_WINDOW_LINES } from './limits.ts'
import { answerText } from './line-answer.ts'
import { lineSplitter, type ReadLine } from './line-splitter.ts'

export interface BulkWindow {
  readonly input: AsyncIterable<Buffer>
  /** Resolves when a line may be submitted; undefined: now. */
  readonly room: () => Promise<void> | undefined
  /** Called in the order of the lines. Answers may come in any order; none is refused. */
  readonly submit: (line: ReadLine) => Answer | Promise<Answer>
  readonly instance: string
}

interface Slot {
  readonly line: number
  readonly bytes: number
  answer: Answer | undefined
}

/** The answers, as NDJSON. Destroying it stops the reading; what is submitted by then takes effect. */
export function bulkWindow({ input, room, submit, instance }: BulkWindow): Readable {
  let slots: Slot[] = []
  let first = 0
  let bytes = 0
  let ended = false
  let wanted = false
  let flushing = false
  let vacant = (): void => {}

  const output = new Readable({
    highWaterMark: 2 * BULK_WRITE_CHARACTERS,
    read() {
      wanted = true
      flush()
    },
    destroy(error, done) {
      vacant()
      done(error)
    },
  })

  const isFull = (): boolean => slots.length - first >= MAX_BULK_WINDOW_LINES || bytes >= MAX_BULK_WINDOW_BYTES

  /** The answers at the head of the window that are there, up to a piece's size. */
  function take(): string {
    let text = ''
    for (let slot = slots[first]; slot?.answer && text.length < BULK_WRITE_CHARACTERS; slot = slots[first]) {
      text += answerText(slot.line, slot.answer, instance)
      bytes -= slot.bytes
      first++
    }
    if (first * 2 > slots.length) {
      slots = slots.slice(first)
      first = 0
    }
    return text
  }

  function flush(): void {
    flushing = false
    while (wanted && !output.destroyed) {
      const text = take()
      if (text === '') break
      wanted = output.push(text)
    }
    if (!isFull()) vacant()
    if (ended && first === slots.length) output.push(null)
  }

  /** Answers come by the batch: they are written together. */
  function flushSoon(): void {
    if (flushing) return
    flushing = true
    setImmediate(flush)
  }

  async function accept(line: ReadLine): Promise<void> {
    while (isFull() && !output.destroyed) await new Promise<void>((resolve) => (vacant = resolve))
    for (let wait = room(); wait && !output.destroyed; wait = room()) await wait
    if (output.destroyed) return
    const slot: Slot = { line: line.number, bytes: line.bytes?.length ?? 0, answer: undefined }
    slots.push(slot)
    bytes += slot.bytes
    const answer = submit(line)
    if (answer instanceof Promise) void answer.then((later) => settle(slot, later))
    else settle(slot, answer)
  }

  function settle(slot: Slot, answer: Answer): void {
    slot.answer = answer
    if (slot === slots[first]) flushSoon()
  }

  async function readAll(): Promise<void> {
    const splitter = lineSplitter()
    for await (const chunk of input) {
      for (const line of splitter.push(chunk)) await accept(line)
      if (output.destroyed) return
    }
    for (const line of splitter.end()) await accept(line)
    ended = true
    flush()
  }

  readAll().catch((error: unknown) => output.destroy(error instanceof Error ? error : new Error(String(error))))
  return output
}
