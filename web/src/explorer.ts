// The explorer: a page over the JSON API of `serve`.
import "./base.css";
