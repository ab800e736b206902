// The code stands behind the # of the address, which no server is sent.
document.getElementById("code").value = location.hash.slice(1);
