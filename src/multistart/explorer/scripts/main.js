// A placeholder, until the page's own script is there.
const given = JSON.parse(document.getElementById("data").textContent);
document.title = given.title;
