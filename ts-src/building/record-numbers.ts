/**
 * The numbers of records by their positions, as many as there is room for. One that is not found any more gets
 * another number for the same position, which costs 8 bytes in the file.
 */
const places = 2 ** 15;

export class RecordNumbers {
  readonly #positions = new Float64Array(places);
  readonly #numbers = new Float64Array(places);

  find(position: number): number | undefined {
    const place = placeOf(position);
    return this.#positions[place] === position ? this.#numbers[place] : undefined;
  }

  add(position: number, number: number): void {
    const place = placeOf(position);
    this.#positions[place] = position;
    this.#numbers[place] = number;
  }
}

/** No record is at position 0, where the header of the array is. */
function placeOf(position: number): number {
  return Math.imul(position / 8, 0x9e3779b1) >>> 17;
}
