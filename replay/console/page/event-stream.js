// Server-sent events out of the text that comes in, in whatever pieces it comes. EventSource would do this, but it sends no token.

/**
 * Takes the text piece by piece. An id may come without data.
 * @param {{ readonly onId: (id: string) => void, readonly onData: (data: string) => void }} to Of an event with both, the id first.
 * @returns {(text: string) => void}
 */
export function eventParser({ onId, onData }) {
  let rest = ''
  /** @type {string | undefined} */
  let id
  /** @type {string[]} */
  let data = []

  /** @param {string} line */
  function take(line) {
    if (line === '') {
      if (id !== undefined) onId(id)
      if (data.length > 0) onData(data.join('\n'))
      id = undefined
      data = []
    } else if (line.startsWith('id:')) id = valueOf(line)
    else if (line.startsWith('data:')) data.push(valueOf(line))
  }

  return (text) => {
    const lines = (rest + text).split(/\r?\n/)
    rest = lines.pop() ?? ''
    lines.forEach(take)
  }
}

/** @param {string} line */
const valueOf = (line) => line.slice(line.indexOf(':') + 1).replace(/^ /, '')
