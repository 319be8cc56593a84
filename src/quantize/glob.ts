/** A pattern for names. */
export interface Glob {
  test(name: string): boolean;
}

/**
 * `*` matches any run of characters, `?` one; all else is literal. Each piece between two `*` is
 * looked for behind the last one, so that the time is at most the product of both lengths; a
 * regular expression tries all combinations.
 */
export function compileGlob(glob: string): Glob {
  const [first = '', ...others] = glob.split('*');
  const last = others.pop();
  return {
    test(name) {
      if (last === undefined) return name.length === first.length && matchesAt(first, name, 0);
      if (!matchesAt(first, name, 0)) return false;
      let place = first.length;
      for (const piece of others) {
        while (place + piece.length <= name.length && !matchesAt(piece, name, place)) place += 1;
        place += piece.length;
      }
      const tail = name.length - last.length;
      return tail >= place && matchesAt(last, name, tail);
    },
  };
}

function matchesAt(piece: string, name: string, place: number): boolean {
  if (place + piece.length > name.length) return false;
  for (let i = 0; i < piece.length; i++) if (piece[i] !== '?' && piece[i] !== name[place + i]) return false;
  return true;
}
