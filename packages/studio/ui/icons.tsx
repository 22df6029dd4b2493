import bookmark from "@iconify-json/lucide/icons.json?icon=bookmark";
import bookmarkCheck from "@iconify-json/lucide/icons.json?icon=bookmark-check";
import bot from "@iconify-json/lucide/icons.json?icon=bot";
import braces from "@iconify-json/lucide/icons.json?icon=braces";
import check from "@iconify-json/lucide/icons.json?icon=check";
import chevronDown from "@iconify-json/lucide/icons.json?icon=chevron-down";
import chevronLeft from "@iconify-json/lucide/icons.json?icon=chevron-left";
import chevronRight from "@iconify-json/lucide/icons.json?icon=chevron-right";
import circleCheck from "@iconify-json/lucide/icons.json?icon=circle-check";
import circleSlash from "@iconify-json/lucide/icons.json?icon=circle-slash";
import circleStop from "@iconify-json/lucide/icons.json?icon=circle-stop";
import circleUserRound from "@iconify-json/lucide/icons.json?icon=circle-user-round";
import cloudCheck from "@iconify-json/lucide/icons.json?icon=cloud-check";
import cloudUpload from "@iconify-json/lucide/icons.json?icon=cloud-upload";
import download from "@iconify-json/lucide/icons.json?icon=download";
import ellipsis from "@iconify-json/lucide/icons.json?icon=ellipsis";
import externalLink from "@iconify-json/lucide/icons.json?icon=external-link";
import globe from "@iconify-json/lucide/icons.json?icon=globe";
import history from "@iconify-json/lucide/icons.json?icon=history";
import imageIcon from "@iconify-json/lucide/icons.json?icon=image";
import imageOff from "@iconify-json/lucide/icons.json?icon=image-off";
import imagePlus from "@iconify-json/lucide/icons.json?icon=image-plus";
import imageUp from "@iconify-json/lucide/icons.json?icon=image-up";
import images from "@iconify-json/lucide/icons.json?icon=images";
import info from "@iconify-json/lucide/icons.json?icon=info";
import layers from "@iconify-json/lucide/icons.json?icon=layers";
import link from "@iconify-json/lucide/icons.json?icon=link";
import link2 from "@iconify-json/lucide/icons.json?icon=link-2";
import loaderCircle from "@iconify-json/lucide/icons.json?icon=loader-circle";
import logOut from "@iconify-json/lucide/icons.json?icon=log-out";
import messagesSquare from "@iconify-json/lucide/icons.json?icon=messages-square";
import paintbrush from "@iconify-json/lucide/icons.json?icon=paintbrush";
import pencil from "@iconify-json/lucide/icons.json?icon=pencil";
import redo2 from "@iconify-json/lucide/icons.json?icon=redo-2";
import rotateCw from "@iconify-json/lucide/icons.json?icon=rotate-cw";
import scanFace from "@iconify-json/lucide/icons.json?icon=scan-face";
import send from "@iconify-json/lucide/icons.json?icon=send";
import trash2 from "@iconify-json/lucide/icons.json?icon=trash-2";
import triangleAlert from "@iconify-json/lucide/icons.json?icon=triangle-alert";
import undo2 from "@iconify-json/lucide/icons.json?icon=undo-2";
import wandSparkles from "@iconify-json/lucide/icons.json?icon=wand-sparkles";
import x from "@iconify-json/lucide/icons.json?icon=x";
import zoomIn from "@iconify-json/lucide/icons.json?icon=zoom-in";
import zoomOut from "@iconify-json/lucide/icons.json?icon=zoom-out";
import { createElement, type SVGProps } from "react";

export type Icon = ReturnType<typeof icon>;

export const Bookmark = icon(bookmark);
export const BookmarkCheck = icon(bookmarkCheck);
export const Bot = icon(bot);
export const Braces = icon(braces);
export const Check = icon(check);
export const ChevronDown = icon(chevronDown);
export const ChevronLeft = icon(chevronLeft);
export const ChevronRight = icon(chevronRight);
export const CircleCheck = icon(circleCheck);
export const CircleSlash = icon(circleSlash);
export const CircleStop = icon(circleStop);
export const CircleUserRound = icon(circleUserRound);
export const CloudCheck = icon(cloudCheck);
export const CloudUpload = icon(cloudUpload);
export const Ellipsis = icon(ellipsis);
export const Download = icon(download);
export const ExternalLink = icon(externalLink);
export const Globe = icon(globe);
export const History = icon(history);
export const ImageIcon = icon(imageIcon);
export const ImageOff = icon(imageOff);
export const ImagePlus = icon(imagePlus);
export const ImageUp = icon(imageUp);
export const Images = icon(images);
export const Info = icon(info);
export const Layers = icon(layers);
export const Link = icon(link);
export const Link2 = icon(link2);
export const LoaderCircle = icon(loaderCircle);
export const LogOut = icon(logOut);
export const MessagesSquare = icon(messagesSquare);
export const Paintbrush = icon(paintbrush);
export const Pencil = icon(pencil);
export const Redo2 = icon(redo2);
export const RotateCw = icon(rotateCw);
export const ScanFace = icon(scanFace);
export const Send = icon(send);
export const Trash2 = icon(trash2);
export const TriangleAlert = icon(triangleAlert);
export const Undo2 = icon(undo2);
export const WandSparkles = icon(wandSparkles);
export const X = icon(x);
export const ZoomIn = icon(zoomIn);
export const ZoomOut = icon(zoomOut);

/** Draws an icon of Lucide as text is drawn: in the colour of what surrounds it. `lucideIconsPlugin.ts` reads its shapes. */
export function icon(shapes: IconShape[]) {
  return ({ size = 24, ...attributes }: SVGProps<SVGSVGElement> & { size?: number }) => (
    <svg
      aria-hidden
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={2}
      strokeLinecap="round"
      strokeLinejoin="round"
      {...attributes}
    >
      {shapes.map(([tag, shape], index) => createElement(tag, { key: index, ...shape }))}
    </svg>
  );
}
