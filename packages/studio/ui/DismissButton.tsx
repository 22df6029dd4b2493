import { Button } from "./Button.tsx";
import { X } from "./icons.tsx";

/** A cross that hides what it belongs to. */
export const DismissButton = ({
  label = "Dismiss",
  onClick,
}: {
  label?: string;
  onClick(): void;
}) => (
  <Button variant="quiet" size="small" shape="icon" aria-label={label} onClick={onClick}>
    <X aria-hidden size={17} />
  </Button>
);
