/** What a network saw in a frame. */
export interface Detection {
  /** Index of the class. */
  readonly class: number;
  /** The class' name, or its index as text where the names are not known. */
  readonly label: string;
  /** 0 to 1. */
  readonly probability: number;
  /** In pixels of the picture; x and y are the top-left corner and may lie outside the picture. */
  readonly box: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  };
}
