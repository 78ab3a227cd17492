/* First of all scripts, for engines of 2016 and later: says that scripts run, and fills what they lack. ES5 only. */
(function () {
  "use strict";
  var html = document.documentElement;
  html.className = html.className ? html.className + " js" : "js";

  if (!Array.prototype.flat) {
    Array.prototype.flat = function (depth) {
      var reach = depth === undefined ? 1 : Number(depth) || 0;
      return Array.prototype.reduce.call(this, function (all, one) {
        return all.concat(Array.isArray(one) && reach > 0 ? one.flat(reach - 1) : [one]);
      }, []);
    };
  }
  if (!Element.prototype.matches) {
    Element.prototype.matches = Element.prototype.msMatchesSelector || Element.prototype.webkitMatchesSelector;
  }
  if (!Element.prototype.closest) {
    Element.prototype.closest = function (selector) {
      var node = this;
      while (node && node.nodeType === 1) {
        if (node.matches(selector)) return node;
        node = node.parentNode;
      }
      return null;
    };
  }
  if (window.NodeList && !NodeList.prototype.forEach) {
    NodeList.prototype.forEach = Array.prototype.forEach;
  }
})();
