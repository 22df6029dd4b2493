import copy from "@iconify-json/lucide/icons.json?icon=copy";
import download from "@iconify-json/lucide/icons.json?icon=download";
import lock from "@iconify-json/lucide/icons.json?icon=lock";
import search from "@iconify-json/lucide/icons.json?icon=search";
import slidersHorizontal from "@iconify-json/lucide/icons.json?icon=sliders-horizontal";
import tag from "@iconify-json/lucide/icons.json?icon=tag";
import { icon } from "../../ui/icons.tsx";

export const Copy = icon(copy);
export const Download = icon(download);
export const Lock = icon(lock);
export const Search = icon(search);
export const Sliders = icon(slidersHorizontal);
export const Tag = icon(tag);
