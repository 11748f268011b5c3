// Server-sent events out of the text of a stream, whatever pieces it comes in: https://html.spec.whatwg.org/multipage/server-sent-events.html, as far as the feed uses it.

export interface StreamEvent {
  /** The last id that was said, in this event or before. */
  readonly id: string | undefined
  /** Undefined: an id alone. */
  readonly data: string | undefined
}

/** A function that takes the next piece and gives the events that are complete with it. */
export function eventReader(): (piece: string) => readonly StreamEvent[] {
  let rest = ''
  let id: string | undefined
  let hasId = false
  let data: string[] = []

  function* eventOf(line: string): Generator<StreamEvent> {
    if (line === '') {
      if (data.length > 0 || hasId) yield { id, data: data.length > 0 ? data.join('\n') : undefined }
      data = []
      hasId = false
      return
    }
    const [, name, value = ''] = /^([^:]*):? ?([^]*)$/.exec(line) ?? []
    if (name === 'data') data.push(value)
    if (name === 'id') {
      id = value
      hasId = true
    }
  }

  return (piece) => {
    const lines = (rest + piece).split(/\r\n|\n/)
    rest = lines.pop() ?? ''
    return lines.flatMap((line) => [...eventOf(line)])
  }
}
