/** Characters that are handed to the operating system at once. */
const PIECE = 1 << 16;

/**
 * Writes texts to the standard output as they come and waits until each piece has been taken, so
 * that a slow reader holds up the one who makes them and memory stays bounded. A closed pipe
 * (`| head`) and a full device are the concern of `main`, which listens for errors of the standard
 * output.
 */
export async function writeStdout(texts: Iterable<string>): Promise<void> {
  let piece = '';
  for (const text of texts) {
    piece += text;
    if (piece.length < PIECE) continue;
    await writePiece(piece);
    piece = '';
  }
  if (piece !== '') await writePiece(piece);
}

function writePiece(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
