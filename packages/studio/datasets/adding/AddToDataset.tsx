import type { Image } from "@keepsake/contract/schemas";
import { useState } from "react";
import { useLocation } from "wouter";
import { NewDataset } from "../NewDataset.tsx";
import { ChooseDataset } from "./ChooseDataset.tsx";

type Props = { images: Image[]; onClose(): void };

/** Adds images to a dataset that exists or a new one, and goes there. */
export function AddToDataset({ images, onClose }: Props) {
  const [, navigate] = useLocation();
  const [isNew, setIsNew] = useState(false);
  const goTo = ({ dataset_id }: { dataset_id: string }) => navigate(`/datasets/${dataset_id}`);
  if (isNew) return <NewDataset images={images} onCreated={goTo} onClose={onClose} />;
  return (
    <ChooseDataset images={images} onNew={() => setIsNew(true)} onAdded={goTo} onClose={onClose} />
  );
}
