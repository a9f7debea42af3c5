import "./flame";
