import "@fontsource-variable/fraunces/wght.css";
import "@fontsource-variable/inter/wght.css";
